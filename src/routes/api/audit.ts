import { type Static, Type } from 'typebox'
import { ACTIONS, type AuditChoice, type AuditEntry, type Deed } from '../../store/audit.ts'
import { cursorOf, isId, pageOf, paging, positionIn } from './paging.ts'
import { id, iso, named, nullable, prose, ref, time, word } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'

export interface AuditParts {
  list(choice: AuditChoice): Promise<readonly AuditEntry[]>
  /** @throws {StoreError} */
  write(deed: Deed): Promise<unknown>
  /** Without the secrets of any integration. */
  redact(text: string): string
}

const AuditShape = named(
  'AuditEntry',
  Type.Object(
    {
      id: id('The number of the entry.'),
      at: time('When it was done.'),
      who: Type.String({ description: 'The name of a token, `command line`, or `relay`.' }),
      action: word(ACTIONS),
      subject: Type.String({ description: 'To which it was done, such as `delivery 12`.' }),
      detail: nullable(
        Type.Unsafe<object>({ type: 'object', description: 'What was asked for.', additionalProperties: true }),
      ),
      result: Type.String({ description: 'What came of it.' }),
    },
    { description: 'Something that somebody did.', additionalProperties: false },
  ),
)

export type AuditAnswer = Static<typeof AuditShape>

export const auditSchemas = [AuditShape]

const Query = Type.Object(
  {
    who: Type.Optional(prose(200)),
    action: Type.Optional(word(ACTIONS)),
    ...paging,
  },
  { additionalProperties: false },
)

export function auditRoutes(app: ApiApp, { list, redact }: AuditParts): void {
  app.get(
    '/audit',
    {
      schema: {
        operationId: 'listAudit',
        summary: 'What was done by whom',
        description: 'Kept for a year.',
        tags: ['audit'],
        querystring: Query,
        response: { 200: pageOf(ref(AuditShape), 'A page of what was done.') },
      },
    },
    async ({ query }) => {
      const { limit, who, action } = query
      const before = positionIn(query.cursor, isId)
      const entries = await list({
        limit,
        ...(who === undefined ? {} : { who }),
        ...(action === undefined ? {} : { action }),
        ...(before === null ? {} : { before }),
      })
      const last = entries.length < limit ? undefined : entries.at(-1)
      return {
        items: entries.map((entry) => auditAnswer(entry, redact)),
        next: last === undefined ? null : cursorOf(last.id),
      }
    },
  )
}

function auditAnswer(entry: AuditEntry, redact: AuditParts['redact']): Static<typeof AuditShape> {
  const { id, at, who, action, subject, detail, result } = entry
  return {
    id,
    at: iso(at),
    who,
    action,
    subject: redact(subject),
    detail: detail === null ? null : (hidden(detail, redact) as object),
    result: redact(result),
  }
}

/** Plain data, with each text in it. */
function hidden(value: unknown, redact: AuditParts['redact']): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((each) => hidden(each, redact))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, hidden(each, redact)]))
}
