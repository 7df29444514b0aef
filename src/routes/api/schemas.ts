import { type Static, type TSchema, Type } from 'typebox'

/** What the schemas of all resources are made of. */

export function nullable<S extends TSchema>(schema: S) {
  const { type, enum: words } = schema as { type?: string; enum?: readonly unknown[] }
  if (type === undefined) return Type.Unsafe<Static<S> | null>({ anyOf: [schema, { type: 'null' }] })
  const among = words === undefined ? {} : { enum: [...words, null] }
  return Type.Unsafe<Static<S> | null>({ ...schema, type: [type, 'null'], ...among })
}

/** One of these words. */
export function word<const W extends readonly string[]>(words: W, description?: string, byDefault?: W[number]) {
  return Type.Unsafe<W[number]>({
    type: 'string',
    enum: [...words],
    ...(description === undefined ? {} : { description }),
    ...(byDefault === undefined ? {} : { default: byDefault }),
  })
}

/** Of each pattern in a request, what it asks for; a letter or a symbol can be a blank by its look. */
const VISIBLE = '(?![\\u115f\\u1160\\u2800\\u3164\\uffa0])[\\p{L}\\p{N}\\p{P}\\p{S}]'
const NAMING = '^(?=.*(?![\\u115f\\u1160\\u3164\\uffa0])[\\p{L}\\p{N}])[^\\p{Cc}]*$'
export const PATTERN_WORDS: Readonly<Record<string, string>> = {
  '^dgst_[0-9a-f]{24}$': 'must be the id of a digest: dgst_ and 24 hexadecimal digits',
  [VISIBLE]: 'must have a visible character',
  [NAMING]: 'must have a letter or a digit, and no control characters',
}

/** What a person wrote for others to read. */
export function prose(maxLength: number, description?: string) {
  return Type.String({
    minLength: 1,
    maxLength,
    pattern: VISIBLE,
    ...(description === undefined ? {} : { description }),
  })
}

/** Of an integration, a project or a story: its name or number. */
export const Name = Type.String({ minLength: 1, maxLength: 64, pattern: NAMING })

/** ISO 8601 in UTC, with milliseconds. */
export function time(description: string) {
  return Type.String({ format: 'date-time', description, examples: ['2026-11-28T18:00:00.000Z'] })
}

export function iso(at: number): string {
  return new Date(at).toISOString()
}

export function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at)
}

export function id(description: string) {
  return Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description })
}

/** A schema that has a name in the document, and is named wherever it is used. */
export function named<S extends TSchema>($id: string, schema: S): S & { readonly $id: string } {
  return { ...schema, $id }
}

export function ref<S extends TSchema>(schema: S & { readonly $id: string }) {
  return Type.Unsafe<Static<S>>({ $ref: `${schema.$id}#` })
}

/** The keys of an object's schema, for `fields`. */
export function keysOf(schema: TSchema): readonly string[] {
  return Object.keys((schema as unknown as { properties: object }).properties)
}

/** A row of a list: `fields` leaves out all but `id` and what it names. */
export function row<S extends TSchema>($id: string, schema: S) {
  const { properties } = schema as unknown as { properties: Record<string, TSchema> }
  return named($id, Type.Unsafe<Partial<Static<S>> & { id: number }>({ ...schema, $id, properties, required: ['id'] }))
}

export const Problem = named(
  'Problem',
  Type.Object(
    {
      type: Type.String({
        description: 'Says what is wrong, and never changes.',
        examples: ['urn:tracker-relay:not-found'],
      }),
      title: Type.String({ description: 'The same in every answer of this type.' }),
      status: Type.Integer(),
      detail: Type.String({ description: 'What is wrong with this request, and what to do.' }),
    },
    { description: 'RFC 9457, problem details.', additionalProperties: false },
  ),
)

const problems = {
  description: 'A problem; docs/operations.md lists all types.',
  content: { 'application/problem+json': { schema: ref(Problem) } },
}

/** Of every route. */
export const PROBLEM_RESPONSES = { '4xx': problems, '5xx': problems }
