import type { Client } from 'pg'
import type { Finding, Insertion, Row, Statement, Value, Words } from './dialect.ts'
import { leaseStart, TAKEN_BODY, TAKEN_VALUES } from './lease-start.ts'

type Kept = Insertion | Statement | Finding['statement']

const texts = new Map<Kept, string>()

/** Made once: the statement's words in PostgreSQL. */
export function textOf(of: Kept): string {
  const known = texts.get(of)
  if (known !== undefined) return known
  const text = 'table' in of ? insertText(of) : 'values' in of ? takeText(of) : statementText(of)
  texts.set(of, text)
  return text
}

function insertText({ table, columns, tail = '' }: Insertion): string {
  const names = columns.map((column) => `"${column}"`).join(', ')
  return `insert into ${table} (${names}) select ${names} from jsonb_populate_recordset(null::${table}, $1::jsonb) ${tail}`
}

const LOCKED = 'for update'

/** An array is made before the rest is planned around it; a join may begin with all rows of the table. */
const among = (column: string, query: string): string => `${column} = any(array(${query}))`
const WORDS: Words = {
  among,
  onlyGiven: among('deliveries.id', 'select id from given'),
  locked: `order by id ${LOCKED}`,
  place: 'ctid',
}

function statementText({ given, sql }: Statement): string {
  return `with ${givenText(given)} ${sql(WORDS)}`
}

const TAKEN = [...TAKEN_VALUES.map(([name, value]) => `${value} as ${name}`), `${TAKEN_BODY} as raw`].join(', ')

function takeText({ given, sql, values }: Finding['statement']): string {
  const [before, count] = given === undefined ? ['', values] : [`${givenText(given)},`, values + 1]
  return `with ${before} found (found_id, before, before_due) as (${sql} ${LOCKED} skip locked)
    ${leaseStart(count)} from found where id = found_id returning ${TAKEN}, before, before_due`
}

/** The table tells the columns' types. */
function givenText({ table, columns }: Statement['given']): string {
  return `given as (select ${columns.join(', ')} from jsonb_populate_recordset(null::${table}, $1::jsonb))`
}

export const returns = (text: string): boolean => /\breturning\b/.test(text)

/** One value, so that the statement is the same for any number of rows. */
export function asJson({ given }: Pick<Finding['statement'], 'given'>, rows: readonly Row[]): string {
  const names = (given?.columns ?? []).map((column) => `"${column}":`)
  const objects = rows.map((row) => `{${names.map((name, at) => name + jsonOf(row[at] ?? null)).join(',')}}`)
  return `[${objects.join(',')}]`
}

function jsonOf(value: Value): string {
  return Buffer.isBuffer(value) ? `"\\\\x${value.toString('hex')}"` : JSON.stringify(value)
}

const names = new Map<object, string>()

function nameOf(statement: object): string {
  const known = names.get(statement)
  if (known !== undefined) return known
  const name = `relay_${names.size + 1}`
  names.set(statement, name)
  return name
}

/**
 * A pooler such as PgBouncer in its mode "transaction" may know no names of statements, or those of another session: then
 * statements have none from then on.
 */
let areNamed = true
const UNKNOWN_NAMES = new Set(['26000', '42P05'])

export const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code)

export function doWithoutNames(error: unknown): boolean {
  const isUnknown = UNKNOWN_NAMES.has(codeOf(error))
  if (isUnknown) areNamed = false
  return isUnknown
}

/** A statement that has a name is parsed once for each connection, and planned a few times. */
export async function query<R>(
  connection: Client,
  statement: object,
  text: string,
  values: readonly unknown[],
): Promise<R[]> {
  const { rows } = await connection.query({
    ...(areNamed ? { name: nameOf(statement) } : {}),
    text,
    values: [...values],
  })
  return rows as R[]
}
