import { CsvError } from '../csv/csv-error.ts'
import { columnName } from '../csv/delimiter.ts'
import type { CsvRow, CsvShape } from '../csv/rows.ts'
import type { GivenLink } from '../store/link-row.ts'

const COLUMNS = ['project', 'story', 'external_id', 'system', 'integration_id', 'external_url'] as const
type Column = (typeof COLUMNS)[number]
const REQUIRED: readonly Column[] = ['project', 'story', 'external_id']

/** What the values of a link may name. */
export interface Known {
  readonly projects: ReadonlySet<string>
  readonly systems: readonly string[]
  /** The integrations between which a link leaves open where its ticket is. */
  undecidedBetween(link: GivenLink): readonly string[]
}

/** Each problem names its line. */
export class LinkFileError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'LinkFileError'
    this.problems = problems
  }
}

const MOST_PROBLEMS = 20
const BATCH = 500

/** `longestRow` is several times what the longest values take together. */
const SHAPE: CsvShape = { columns: COLUMNS, delimiter: null, longestRow: 20_000, trim: true }

const RULES: Readonly<Record<Exclude<Column, 'system'>, readonly [pattern: RegExp, expected: string]>> = {
  project: [/^[A-Za-z0-9_-]{1,64}$/, "a project's id"],
  story: [/^[A-Za-z0-9_-]{1,64}$/, "a story's id"],
  external_id: [/^(?!\s*$)[^\p{C}]{1,255}$/u, 'a ticket, at most 255 characters'],
  integration_id: [/^[A-Za-z0-9_-]{0,64}$/, "Tracker's id of the integration"],
  external_url: [/^(https?:\/\/[^\s\p{C}]{1,2000})?$/iu, 'an http or https address'],
}

function expectedInstead(column: Column, value: string, { systems }: Known): string | null {
  if (column === 'system') return value === '' || systems.includes(value) ? null : systems.join(', ')
  const [pattern, expected] = RULES[column]
  return pattern.test(value) ? null : expected
}

export function examineLink(values: Readonly<Partial<Record<Column, string>>>, known: Known): string[] {
  const problems = COLUMNS.flatMap((column) => {
    const value = values[column] ?? ''
    const expected = expectedInstead(column, value, known)
    if (expected === null) return []
    const found = value === '' ? 'nothing' : JSON.stringify(value.slice(0, 60))
    return [`${column}: expected ${expected}, found ${found}`]
  })
  if (problems.length > 0 || known.projects.has(values.project ?? '')) return problems
  return [`project: "${values.project}" is not in the config, which has: ${[...known.projects].join(', ')}`]
}

/**
 * Reads links from CSV (RFC 4180) of any length, separated by comma, semicolon or tab as the first line is.
 * @throws {LinkFileError} at the end, with the first problems; until then the valid links come out
 */
export async function* linksIn(source: AsyncIterable<string>, known: Known): AsyncGenerator<readonly GivenLink[]> {
  // The parser takes long to load, and most of what imports this reads no file.
  const { csvRows } = await import('../csv/rows.ts')
  const problems: string[] = []
  const lines = new Map<string, number>()
  let header: readonly Column[] | null = null
  let batch: GivenLink[] = []
  try {
    for await (const row of csvRows(source, SHAPE)) {
      const { line } = row
      if (header === null) {
        header = headerOf(row)
        continue
      }
      const told = problems.length
      const link = linkFrom(header, row, known, (problem) => problems.push(`line ${line}: ${problem}`))
      if (problems.length >= MOST_PROBLEMS) throw new LinkFileError(problems)
      if (link === null || problems.length > told) continue
      const key = `${link.projectId} ${link.storyId}`
      const before = lines.get(key)
      lines.set(key, line)
      if (before !== undefined) problems.push(`line ${line}: story ${link.storyId} is on line ${before} already`)
      else batch.push(link)
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new LinkFileError([...problems, placed(error, header)])
  }
  if (header === null) throw new LinkFileError([`line 1: expected the names of the columns: ${COLUMNS.join(',')}`])
  if (problems.length > 0) throw new LinkFileError(problems)
  if (batch.length > 0) yield batch
}

function placed({ line, column, problem }: CsvError, header: readonly Column[] | null): string {
  if (column === null) return `line ${line}: ${problem}`
  return `line ${line}: ${header?.[column - 1] ?? `column ${column}`}: ${problem}`
}

function headerOf({ line, cells }: CsvRow): readonly Column[] {
  const names = cells.map(columnName)
  const columns = names.flatMap((name) => COLUMNS.find((column) => column === name) ?? [])
  const unknown = names.filter((name) => !columns.some((column) => column === name))
  const missing = REQUIRED.filter((column) => !columns.includes(column))
  const twice = columns.filter((column, at) => columns.indexOf(column) !== at)
  const problems = [
    ...unknown.map((name) => `line ${line}: the column ${JSON.stringify(name.slice(0, 60))} is unknown`),
    ...missing.map((name) => `line ${line}: the column ${name} is missing`),
    ...twice.map((name) => `line ${line}: the column "${name}" is named twice`),
  ]
  if (problems.length === 0) return columns
  throw new LinkFileError([...problems.slice(0, MOST_PROBLEMS), `the columns are: ${COLUMNS.join(',')}`])
}

function linkFrom(
  header: readonly Column[],
  { cells }: CsvRow,
  known: Known,
  tell: (problem: string) => void,
): GivenLink | null {
  if (cells.length !== header.length) {
    tell(`expected ${header.length} values, found ${cells.length}`)
    return null
  }
  const values = Object.fromEntries(header.map((column, at) => [column, (cells[at] ?? '').trim()]))
  const problems = examineLink(values, known)
  for (const problem of problems) tell(problem)
  if (problems.length > 0) return null
  const link = linkOf(values)
  const open = known.undecidedBetween(link)
  if (open.length === 0) return link
  tell(
    `system: is needed, since ticket ${link.externalId} could be in ${open.join(' or ')}; so is integration_id if several have the same system`,
  )
  return null
}

/** @param values without problems */
export function linkOf(values: Readonly<Partial<Record<Column, string>>>): GivenLink {
  const filled = (column: Column): string | null => {
    const value = values[column] ?? ''
    return value === '' ? null : value
  }
  return {
    projectId: values.project ?? '',
    storyId: values.story ?? '',
    system: filled('system'),
    integrationId: filled('integration_id'),
    externalId: filled('external_id'),
    externalUrl: filled('external_url'),
  }
}
