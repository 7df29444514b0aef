import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { Value } from 'typebox/value'
import {
  type ConfiguredSource,
  type Directory,
  NO_DIRECTORY,
  type Reading,
  type Source,
} from '../../src/sources/contract/source.ts'
import { Activity } from '../../src/tracker/activity.ts'
import { ParseError } from '../../src/tracker/parse-error.ts'

/** The source with these settings, the defaults filled in. */
export function configuredSource(source: Source, settings: unknown): ConfiguredSource {
  const filled = Value.Default(source.settings, structuredClone(settings)) as never
  const configured = source.configure(filled, { id: 'bridge', name: 'The bridge' })
  if (!Array.isArray(configured)) return configured
  throw new Error(configured.map(({ setting, problem }) => `${setting}: ${problem}`).join('; '))
}

export interface Recorded {
  readonly name: string
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Each recorded body of the folder, by the file's name. */
export function recordedBodies(folder: string): readonly { readonly name: string; readonly body: Buffer }[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json') && !file.endsWith('.read.json'))
  return files.sort().map((file) => ({ name: file.replace(/\.json$/, ''), body: readFileSync(`${folder}/${file}`) }))
}

/**
 * Verifies and reads each recorded request, and compares the whole reading with the file beside it (`NAME.read.json`);
 * GOLDEN=write writes what is read now.
 */
export function testRecorded(
  source: ConfiguredSource,
  requests: readonly Recorded[],
  { folder, now, directory = NO_DIRECTORY }: { folder: string; now: Date; directory?: Directory },
): void {
  for (const { name, body, headers } of requests)
    t.test(`${name} is verified, and read as its file says`, async (t) => {
      t.equal(source.verify?.({ headers, body }, now) ?? null, null, 'it is verified')
      const read = await readOrRefused(source, { headers, body }, directory)
      const path = `${folder}/${name}.read.json`
      if (process.env.GOLDEN === 'write') writeFileSync(path, `${JSON.stringify(read, null, 2)}\n`)
      t.strictSame(JSON.parse(JSON.stringify(read)), JSON.parse(readFileSync(path, 'utf8')))
      const again = await readOrRefused(source, { headers, body }, directory)
      t.strictSame(again, read, 'the same each time, with the same key')
      for (const { activity } of 'activities' in read ? read.activities : [])
        t.ok(Value.Check(Activity, activity), 'it is an activity by the schema')
    })

  t.test('what was read of each is kept for a recorded body', async (t) => {
    const kept = readdirSync(folder).filter((file) => file.endsWith('.read.json'))
    t.strictSame(kept.sort(), requests.map(({ name }) => `${name}.read.json`).sort())
  })
}

export interface Unreadable {
  readonly unreadable: string
  readonly message: string
}

export async function readOrRefused(
  source: ConfiguredSource,
  request: { headers: Readonly<Record<string, string>>; body: Buffer },
  directory: Directory,
): Promise<Reading | Unreadable> {
  try {
    return await source.read(request, directory)
  } catch (error) {
    if (error instanceof ParseError) return { unreadable: error.reason, message: error.message }
    throw error
  }
}
