import { readdirSync, readFileSync } from 'node:fs'
import type { Activity } from '../../src/tracker/activity.ts'

const FOLDER = 'test/activities'
const INPUT = /\.in\.(xml|json)$/

export interface Recording {
  readonly name: string
  readonly body: Buffer
  readonly expected: Activity
}

/** The recorded activities with what is expected of them, in the order of their project's versions. */
export function recordings(): Recording[] {
  return readdirSync(FOLDER)
    .filter((file) => INPUT.test(file))
    .map((file) => {
      const name = file.replace(INPUT, '')
      const expected: Activity = JSON.parse(readFileSync(`${FOLDER}/${name}.activity.json`, 'utf8'))
      return { name, body: readFileSync(`${FOLDER}/${file}`), expected }
    })
    .sort((a, b) => (a.expected.version ?? 0) - (b.expected.version ?? 0))
}
