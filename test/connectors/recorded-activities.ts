import { readdirSync, readFileSync } from 'node:fs'
import type { Activity } from '../../src/tracker/activity.ts'
import { parseActivity } from '../../src/tracker/parse.ts'

/** An activity as it was received and as it was understood. */
export interface Cause {
  readonly activity: Activity
  readonly raw: Buffer
  readonly contentType: string
}

/** What Tracker has sent, and beside it texts with all that can mean something to a target. */
const FOLDERS = ['test/activities', 'test/golden/activities']

/** The paths of all recorded activities. */
export function recordedActivities(): readonly string[] {
  return FOLDERS.flatMap((folder) => {
    const files = readdirSync(folder).filter((name) => name.includes('.in.'))
    return files.sort().map((name) => `${folder}/${name}`)
  })
}

export function causeOf(file: string): Cause {
  const raw = readFileSync(file)
  return {
    activity: parseActivity(raw),
    raw,
    contentType: file.endsWith('.json') ? 'application/json' : 'application/xml',
  }
}
