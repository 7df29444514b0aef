import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { type ConfiguredSource, type Directory, NO_DIRECTORY, type Reading } from '../../src/sources/contract/source.ts'
import { objectOf, type Values } from '../../src/tracker/json-values.ts'
import { type Recorded, readOrRefused, recordedBodies, type Unreadable } from './recorded.ts'

/** A body of a judge of which the folder has no copy: written after it, with what is looked at. */
interface Judged {
  readonly judge: string
  /** The recorded body that it differs from as `body`, a JSON merge patch (RFC 7396), says. */
  readonly after?: string
  readonly body: Values
}

/** What stands in README.md around the table. */
const [BEGIN, END] = ['<!-- judges: written by the test, with GOLDEN=write -->\n', '<!-- /judges -->']

/** Those of judged.jsonl in the folder. */
export function judgedBodies(folder: string): readonly { readonly name: string; readonly body: Buffer }[] {
  const whole = new Map(recordedBodies(folder).map(({ name, body }) => [name, body]))
  const path = `${folder}/judged.jsonl`
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
  return lines.map((line) => {
    const { judge, after, body } = JSON.parse(line) as Judged
    const base: unknown = after === undefined ? {} : JSON.parse(String(whole.get(after) ?? null))
    return { name: judge, body: Buffer.from(JSON.stringify(patched(base, body), null, 2)) }
  })
}

/** RFC 7396: an object changes what it names, null takes it away, anything else replaces. */
function patched(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result = { ...objectOf(target) }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = patched(result[name], value)
  }
  return result
}

/**
 * Verifies and reads every body of the tool's judges, and compares what each becomes, as a person reads it, with the table in
 * the folder's README.md. The table and the folder have the same bodies.
 */
export function testJudged(
  source: ConfiguredSource,
  { recorded, judged }: { readonly recorded: readonly Recorded[]; readonly judged: readonly Recorded[] },
  { folder, now, directory = NO_DIRECTORY }: { folder: string; now: Date; directory?: Directory },
): void {
  t.test("the table says what becomes of each of the judges' bodies", async (t) => {
    const rows: string[] = []
    const all = [
      ...recorded.map((each) => ({ ...each, here: 'whole' })),
      ...judged.map((each) => ({ ...each, here: 'cut' })),
    ]
    t.equal(new Set(all.map(({ name }) => name)).size, all.length, 'each is here once')
    for (const { name, body, headers, here } of all.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      t.equal(source.verify?.({ headers, body }, now) ?? null, null, `${name} is verified`)
      rows.push(`| \`${name}\` | ${here} | ${shown(await readOrRefused(source, { headers, body }, directory))} |\n`)
    }
    const path = `${folder}/README.md`
    const readme = readFileSync(path, 'utf8')
    const [before, rest = ''] = readme.split(BEGIN)
    const [table = '', after = ''] = rest.split(END)
    const read = `\n| body | here | what becomes of it |\n|---|---|---|\n${rows.join('')}\n`
    if (process.env.GOLDEN === 'write') writeFileSync(path, `${before}${BEGIN}${read}${END}${after}`)
    else t.strictSame(table.split('\n'), read.split('\n'))
  })
}

/** A reading in one line of a table. */
function shown(reading: Reading | Unreadable): string {
  if ('unreadable' in reading) return cell(`not readable: ${reading.message}`)
  if ('refused' in reading) return cell(`refused: ${reading.refused.message}`)
  if ('ignored' in reading) return cell(`*${reading.ignored}*: ${reading.detail}`)
  const told = reading.activities.map(({ activity, compares }) => {
    const moves = activity.stories.flatMap(({ fields, original, deed }) => [
      ...(fields.currentState === undefined ? [] : [`${original.currentState ?? '?'} → ${fields.currentState}`]),
      ...(deed === undefined ? [] : [`says "${typeof deed === 'string' ? deed : JSON.stringify(deed)}"`]),
    ])
    const more = [...moves, ...(compares === true ? ['compared with the state before'] : [])]
    return `${activity.description}${more.length === 0 ? '' : ` (${more.join('; ')})`}`
  })
  return cell(told.join('; '))
}

const cell = (text: string): string => text.replaceAll('\n', ' ').replaceAll('|', '\\|')
