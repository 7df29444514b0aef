import type { GivenLink } from '../store/link-row.ts'
import { CsvError, recordsIn } from './csv-records.ts'

const COLUMNS = ['project', 'story', 'external_id', 'system', 'integration_id', 'external_url'] as const
type Column = (typeof COLUMNS)[number]
const REQUIRED: readonly Column[] = ['project', 'story', 'external_id']

/** As an activity names them. */
export const SYSTEMS = ['jira', 'lighthouse', 'zendesk', 'bugzilla', 'get_satisfaction', 'other'] as const

const MOST_PROBLEMS = 20
const BATCH = 500

/** What a value may be; the message follows "expected". */
const RULES: Readonly<Record<Column, readonly [pattern: RegExp, expected: string]>> = {
  project: [/^[A-Za-z0-9_-]{1,64}$/, "a project's id"],
  story: [/^[A-Za-z0-9_-]{1,64}$/, "a story's id"],
  external_id: [/^[^\p{C}]{1,255}$/u, 'a ticket, at most 255 characters'],
  system: [new RegExp(`^(${SYSTEMS.join('|')})?$`), SYSTEMS.join(', ')],
  integration_id: [/^[A-Za-z0-9_-]{0,64}$/, "Tracker's id of the integration"],
  external_url: [/^(https?:\/\/[^\s\p{C}]{1,2000})?$/iu, 'an http or https address'],
}

/** What is wrong with the values of a link, by column; empty when nothing is. */
export function examineLink(
  values: Readonly<Partial<Record<Column, string>>>,
  projects: ReadonlySet<string>,
): string[] {
  const problems = COLUMNS.flatMap((column) => {
    const value = values[column] ?? ''
    const [pattern, expected] = RULES[column]
    if (pattern.test(value)) return []
    const found = value === '' ? 'nothing' : JSON.stringify(value.slice(0, 60))
    return [`${column}: expected ${expected}, found ${found}`]
  })
  if (problems.length > 0 || projects.has(values.project ?? '')) return problems
  return [`project: "${values.project}" is not in the config; there are: ${[...projects].join(', ')}`]
}

/**
 * Reads links from CSV (RFC 4180) piece by piece, so that the file's length does not matter.
 * @param projects the ids of the configured projects
 * @throws {CsvError} at the end, with what is wrong with the first lines that are; before it, sound links come out
 */
export async function* linksIn(
  source: AsyncIterable<string>,
  projects: ReadonlySet<string>,
): AsyncGenerator<readonly GivenLink[]> {
  const problems: string[] = []
  const lines = new Map<string, number>()
  let header: readonly Column[] | null = null
  let batch: GivenLink[] = []
  for await (const { line, cells } of recordsIn(source)) {
    if (header === null) {
      header = headerOf(cells)
      continue
    }
    const told = problems.length
    const link = linkFrom(header, cells, projects, (problem) => problems.push(`line ${line}: ${problem}`))
    if (problems.length >= MOST_PROBLEMS) throw new CsvError(problems)
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
  if (header === null) throw new CsvError([`line 1: expected the names of the columns: ${COLUMNS.join(',')}`])
  if (problems.length > 0) throw new CsvError(problems)
  if (batch.length > 0) yield batch
}

function headerOf(cells: readonly string[]): readonly Column[] {
  const names = cells.map((name) => name.toLowerCase())
  const unknown = names.filter((name) => !COLUMNS.some((column) => column === name))
  const missing = REQUIRED.filter((column) => !names.includes(column))
  const twice = names.filter((name, at) => names.indexOf(name) !== at)
  const problems = [
    ...unknown.map((name) => `line 1: there is no column ${JSON.stringify(name.slice(0, 60))}`),
    ...missing.map((name) => `line 1: the column ${name} is missing`),
    ...twice.map((name) => `line 1: the column ${JSON.stringify(name.slice(0, 60))} is there twice`),
  ]
  if (problems.length === 0) return names as unknown as readonly Column[]
  throw new CsvError([...problems.slice(0, MOST_PROBLEMS), `the columns are: ${COLUMNS.join(',')}`])
}

function linkFrom(
  header: readonly Column[],
  cells: readonly string[],
  projects: ReadonlySet<string>,
  tell: (problem: string) => void,
): GivenLink | null {
  if (cells.length === 1 && cells[0] === '') return null
  if (cells.length !== header.length) {
    tell(`expected ${header.length} values, found ${cells.length}`)
    return null
  }
  const values = Object.fromEntries(header.map((column, at) => [column, cells[at] ?? '']))
  const problems = examineLink(values, projects)
  for (const problem of problems) tell(problem)
  return problems.length > 0 ? null : linkOf(values)
}

/** The link that sound values make. */
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
