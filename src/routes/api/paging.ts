import { type Static, type TSchema, Type } from 'typebox'
import { ProblemError } from './problem-error.ts'

export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'How many there are on a page at most.' }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 300, description: 'The `next` of the page before.' })),
}

/** Only in lists with long rows. */
export function fieldsOf(keys: readonly string[]) {
  return Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1000,
      description: `Names of fields with commas between them; rows then have these and \`id\` only. All: ${keys.join(', ')}.`,
      examples: [keys.slice(0, 3).join(',')],
    }),
  )
}

export function pageOf<S extends TSchema>(item: S, description: string) {
  return Type.Object(
    {
      items: Type.Array(item, { description: 'The newest first.' }),
      next: Type.Unsafe<string | null>({
        type: ['string', 'null'],
        description:
          'The cursor of the next page; null on the last one. A page can have fewer items than its limit, even none, and a next one: only so many rows are looked at for one page.',
      }),
    },
    { description, additionalProperties: false },
  )
}

/** A position in a list, as clients get it: they only hand it back. */
export function cursorOf(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** @throws {ProblemError} if it was not made by `cursorOf` for this list */
export function positionIn<T>(cursor: string | undefined, isPosition: (value: unknown) => value is T): T | null {
  if (cursor === undefined) return null
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (isPosition(position)) return position
  } catch {}
  throw new ProblemError('bad-parameter', 'cursor must be the "next" of an earlier page of this list')
}

/** Most lists are in the order of ids. */
export const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0

/** @throws {ProblemError} for a name that rows do not have */
export function picked<R extends { readonly id: number }>(
  rows: readonly R[],
  fields: string | undefined,
  keys: readonly string[],
): (Partial<R> & { id: number })[] {
  if (fields === undefined) return [...rows]
  const names = fields.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !keys.includes(name))
  if (unknown !== undefined)
    throw new ProblemError(
      'bad-parameter',
      `fields: "${unknown.slice(0, 60)}" is unknown; known are ${keys.join(', ')}`,
    )
  return rows.map(
    (row) =>
      Object.fromEntries(
        Object.entries(row).filter(([name]) => name === 'id' || names.includes(name)),
      ) as Partial<R> & { id: number },
  )
}

export type Page<S extends TSchema> = Static<ReturnType<typeof pageOf<S>>>
