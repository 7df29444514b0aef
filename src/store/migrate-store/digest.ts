import { hash } from 'node:crypto'
import type { Column, Table, Value } from './table.ts'

/**
 * What both databases make of a row, so that rows can be compared without sending them: SHA-256 of its values, one after
 * the other in the order of the columns. NULL is `-`, a number `i7;`, a text `t3:abc` with its length in bytes of UTF-8,
 * bytes `b2:` and the bytes.
 */
export function rowDigest({ columns }: Table, row: readonly Value[]): Buffer {
  return hash('sha256', Buffer.concat(columns.map(({ kind }, at) => formOf(kind, row[at] ?? null))), 'buffer')
}

function formOf(kind: Column['kind'], value: Value): Buffer {
  if (value === null) return Buffer.from('-')
  if (kind === 'integer') return Buffer.from(`i${value};`)
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value))
  return Buffer.concat([Buffer.from(`${kind === 'text' ? 't' : 'b'}${bytes.length}:`), bytes])
}

/** The same as an expression of PostgreSQL. */
export function rowDigestSql({ columns }: Table): string {
  return `sha256(${columns.map(formSql).join(' || ')})`
}

function formSql({ name, kind }: Column): string {
  const form = {
    integer: `convert_to('i' || "${name}" || ';', 'UTF8')`,
    text: `convert_to('t' || octet_length("${name}") || ':' || "${name}", 'UTF8')`,
    bytes: `convert_to('b' || octet_length("${name}") || ':', 'UTF8') || "${name}"`,
  }[kind]
  return `coalesce(${form}, '-')`
}

/** Of all rows of a table, in whatever order they are read: the two databases sort texts differently. */
export interface TableDigest {
  readonly rows: number
  readonly hash: string
}

export interface DigestSum {
  add(digest: Buffer): void
  sum(): TableDigest
}

/** Digests are added as four numbers of 64 bits, with a sign since PostgreSQL has no others. */
const PARTS = [0, 8, 16, 24]

export function createDigestSum(): DigestSum {
  const sums = PARTS.map(() => 0n)
  let rows = 0
  return {
    add(digest) {
      rows += 1
      PARTS.forEach((offset, at) => {
        sums[at] = (sums[at] ?? 0n) + digest.readBigInt64BE(offset)
      })
    },
    sum: () => summed(rows, sums.map(String)),
  }
}

/** The row that PostgreSQL answers to `sumSql`. */
export type SumRow = Readonly<Record<'rows' | 'p0' | 'p1' | 'p2' | 'p3', string>>

export function sumSql(table: Table): string {
  const part = (offset: number): string =>
    `coalesce(sum(('x' || substr(encode(digest, 'hex'), ${2 * offset + 1}, 16))::bit(64)::bigint), 0)::text`
  const parts = PARTS.map((offset, at) => `${part(offset)} as p${at}`).join(', ')
  return `select count(*)::text as rows, ${parts} from (select ${rowDigestSql(table)} as digest from "${table.name}") as digests`
}

export function sumOf({ rows, p0, p1, p2, p3 }: SumRow): TableDigest {
  return summed(Number(rows), [p0, p1, p2, p3])
}

function summed(rows: number, sums: readonly string[]): TableDigest {
  return { rows, hash: hash('sha256', sums.join(' '), 'hex') }
}
