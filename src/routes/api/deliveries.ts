import { type Static, Type } from 'typebox'
import { DELIVERY_STATES, type Delivery } from '../../store/delivery.ts'
import type { DeliveryPage, DeliverySearch } from '../../store/delivery-pages.ts'
import { isForDigest } from '../../store/digest.ts'
import type { Attempt } from '../../store/list.ts'
import { wordsOf } from '../../store/search.ts'
import { cursorOf, fieldsOf, isId, pageOf, paging, picked, positionIn } from './paging.ts'
import { found, ProblemError } from './problem-error.ts'
import { id, iso, isoOrNull, keysOf, Name, named, nullable, ref, row, time, word } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'
import { whoOf } from './who.ts'

export interface DeliveryParts {
  readonly store: {
    deliveryPage(search: DeliverySearch): Promise<DeliveryPage>
    delivery(id: number): Promise<{ delivery: Delivery; attempts: Attempt[] } | null>
  }
  /** Puts a settled delivery back into the queue. @returns whether it did */
  replay(delivery: Delivery, who: string): Promise<boolean>
  redact(integration: string, text: string): string
}

export const EFFECT_KINDS = ['announce', 'comment', 'state', 'forward', 'notice'] as const

const PLAIN = {
  id: id('The number of the delivery.'),
  activity: id('The number of the activity that caused it.'),
  key: Type.String({ description: 'The idempotency key, which targets see.' }),
  project: Type.String(),
  story: nullable(Type.String({ description: "The effect's story; null for a whole activity." })),
  integration: Type.String(),
  kind: word(EFFECT_KINDS),
  effect: Type.Unsafe<object>({
    type: 'object',
    description: 'What is to become true at the target, in words of the relay.',
    additionalProperties: true,
  }),
  state: word(DELIVERY_STATES),
  created_at: time('When it was planned.'),
  due_at: nullable(time('When it is tried next, or its lease ends; null: it waits for another one, or is settled.')),
  digest: nullable(
    Type.String({
      description:
        'The digest that it is sent in together with others: `next` until that is made, then its id. Null: it is sent by itself.',
    }),
  ),
  attempts: Type.Integer({ minimum: 0 }),
  failures: Type.Integer({ minimum: 0, description: 'Attempts that failed by its own fault, which use up retries.' }),
  in_doubt_since: nullable(time('When the first attempt began whose result is unknown.')),
  first_failed_at: nullable(time('Since when it has failed, by its own fault or not.')),
  last_failed_at: nullable(time('When it failed last.')),
  settled_at: nullable(time('When it was delivered, skipped or given up.')),
  note: nullable(Type.String({ description: 'What the target said last, or why it was skipped or failed.' })),
}

export const DeliveryShape = named(
  'Delivery',
  Type.Object(PLAIN, { description: 'One effect for one integration.', additionalProperties: false }),
)
export type DeliveryAnswer = Static<typeof DeliveryShape>
const DELIVERY_KEYS = keysOf(DeliveryShape)
const DeliveryRow = row('DeliveryRow', DeliveryShape)

const Headers = Type.Record(Type.String(), Type.String())

const ExchangeShape = named(
  'Exchange',
  Type.Object(
    {
      method: Type.String(),
      url: Type.String(),
      request_headers: Headers,
      request_body: Type.String(),
      status: nullable(Type.Integer()),
      response_headers: Headers,
      response_body: Type.String(),
      error: nullable(Type.String({ description: 'Why no answer came.' })),
      duration_ms: Type.Number(),
    },
    {
      description: 'A request and its answer, without secrets, and cut where they are long.',
      additionalProperties: false,
    },
  ),
)

const AttemptShape = named(
  'Attempt',
  Type.Object(
    {
      number: Type.Integer({ minimum: 1 }),
      started_at: time('When it began.'),
      duration_ms: Type.Number(),
      outcome: Type.String({ description: 'delivered, confirmed, skipped, retry, hold, in doubt, dead or expired.' }),
      status: nullable(Type.Integer({ description: 'The HTTP status that decided it.' })),
      note: nullable(Type.String()),
      exchanges: Type.Array(ref(ExchangeShape)),
    },
    { description: 'One try.', additionalProperties: false },
  ),
)

const DeliveryWithAttempts = named(
  'DeliveryWithAttempts',
  Type.Object(
    { ...PLAIN, attempts_made: Type.Array(ref(AttemptShape), { description: 'The oldest first.' }) },
    { description: 'A delivery with what was tried.', additionalProperties: false },
  ),
)

export type DeliveryWithAttemptsAnswer = Static<typeof DeliveryWithAttempts>

export const deliverySchemas = [DeliveryShape, DeliveryRow, ExchangeShape, AttemptShape, DeliveryWithAttempts]

export const searched = {
  from: Type.Optional(Type.String({ format: 'date-time', description: 'At this time or later.' })),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'At this time or earlier.' })),
  text: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        "Every word of it begins the id of a story or of its ticket, a word of the author's name, or a word of Tracker's sentence.",
    }),
  ),
}

const Query = Type.Object(
  {
    integration: Type.Optional(Name),
    project: Type.Optional(Name),
    story: Type.Optional(Name),
    state: Type.Optional(word(DELIVERY_STATES)),
    kind: Type.Optional(word(EFFECT_KINDS)),
    digest: Type.Optional(
      Type.String({ pattern: '^dgst_[0-9a-f]{24}$', description: 'Those that were sent in this digest.' }),
    ),
    unusual: Type.Optional(
      Type.Boolean({
        description:
          'Those that did not simply arrive: dead, superseded, found at the target after a doubt, or delivered in part.',
      }),
    ),
    ...searched,
    ...paging,
    fields: fieldsOf(DELIVERY_KEYS),
  },
  { additionalProperties: false },
)

/**
 * @param most words that are looked for
 * @throws {ProblemError} for a text without words, which must not choose all that there are
 */
export function wordsIn(text: string, most?: number): readonly string[] {
  const words = wordsOf(text, most)
  if (words === null) throw new ProblemError('bad-parameter', 'text has no word to look for')
  return words
}

export const ById = Type.Object({ id: id('The number.') }, { additionalProperties: false })

export function deliveryRoutes(app: ApiApp, { store, redact, replay }: DeliveryParts): void {
  app.get(
    '/deliveries',
    {
      schema: {
        operationId: 'listDeliveries',
        summary: 'Deliveries',
        tags: ['deliveries'],
        querystring: Query,
        response: { 200: pageOf(ref(DeliveryRow), 'A page of deliveries.') },
      },
    },
    async ({ query }) => {
      const { deliveries, next } = await store.deliveryPage(searchIn(query))
      const rows = deliveries.map((delivery) => deliveryAnswer(delivery, redact))
      return { items: picked(rows, query.fields, DELIVERY_KEYS), next: next === null ? null : cursorOf(next) }
    },
  )

  app.get(
    '/deliveries/:id',
    {
      config: { isOneThing: true },
      schema: {
        operationId: 'getDelivery',
        summary: 'One delivery with its attempts',
        tags: ['deliveries'],
        params: ById,
        response: { 200: ref(DeliveryWithAttempts) },
      },
    },
    async ({ params }) => {
      const { delivery, attempts } = found(await store.delivery(params.id), `delivery ${params.id}`)
      const hide = (text: string): string => redact(delivery.integration, text)
      return { ...deliveryAnswer(delivery, redact), attempts_made: attempts.map((each) => attemptAnswer(each, hide)) }
    },
  )

  app.post(
    '/deliveries/:id/replay',
    {
      schema: {
        operationId: 'replayDelivery',
        summary: 'Send a delivery again',
        description:
          'Puts a delivered, skipped or dead one back into the queue with all its retries. A target that can be asked is asked first if an earlier attempt may have succeeded.',
        tags: ['deliveries'],
        params: ById,
        body: Nothing,
        response: { 200: ref(DeliveryShape) },
      },
    },
    async (request) => {
      const { params } = request
      const what = `delivery ${params.id}`
      const { delivery } = found(await store.delivery(params.id), what)
      if (!(await replay(delivery, whoOf(request))))
        throw new ProblemError('conflict', `${what} is ${delivery.state}: it is still in the queue`)
      return deliveryAnswer(found(await store.delivery(params.id), what).delivery, redact)
    },
  )
}

/** The body of an action without particulars. */
export const Nothing = Type.Object({}, { additionalProperties: false })

/** The filters of a query that choose deliveries. */
export function searchIn(query: Static<typeof Query>): DeliverySearch {
  const { integration, project, story, state, kind, digest, unusual, from, to, text, limit, cursor } = query
  return {
    ...(integration === undefined ? {} : { integration }),
    ...(project === undefined ? {} : { projectId: project }),
    ...(story === undefined ? {} : { storyId: story }),
    ...(state === undefined ? {} : { state }),
    ...(kind === undefined ? {} : { kind }),
    ...(digest === undefined ? {} : { digest }),
    ...(unusual === true ? { isUnusual: true } : {}),
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
    ...(text === undefined ? {} : { words: wordsIn(text) }),
    before: positionIn(cursor, isId),
    limit,
  }
}

export function deliveryAnswer(delivery: Delivery, redact: DeliveryParts['redact']): Static<typeof DeliveryShape> {
  return {
    id: delivery.id,
    activity: delivery.activityId,
    key: delivery.key,
    project: delivery.projectId,
    story: delivery.storyId,
    integration: delivery.integration,
    kind: delivery.effect.kind,
    effect: delivery.effect,
    state: delivery.state,
    created_at: iso(delivery.createdAt),
    due_at: isoOrNull(delivery.dueAt),
    digest: delivery.digest ?? (delivery.settledAt === null && isForDigest(delivery) ? 'next' : null),
    attempts: delivery.attempts,
    failures: delivery.failures,
    in_doubt_since: isoOrNull(delivery.inDoubtSince),
    first_failed_at: isoOrNull(delivery.firstFailedAt),
    last_failed_at: isoOrNull(delivery.lastFailedAt),
    settled_at: isoOrNull(delivery.settledAt),
    note: delivery.note === null ? null : redact(delivery.integration, delivery.note),
  }
}

function attemptAnswer(attempt: Attempt, hide: (text: string) => string): Static<typeof AttemptShape> {
  const { number, startedAt, durationMs, outcome, status, note, exchanges } = attempt
  return {
    number,
    started_at: iso(startedAt),
    duration_ms: durationMs,
    outcome,
    status,
    note: note === null ? null : hide(note),
    exchanges: exchanges.map((each) => exchangeAnswer(each, hide)),
  }
}

export { ExchangeShape }

export function exchangeAnswer(
  exchange: Attempt['exchanges'][number],
  hide: (text: string) => string,
): Static<typeof ExchangeShape> {
  const hidden = (headers: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, hide(value)]))
  return {
    method: exchange.method,
    url: hide(exchange.url),
    request_headers: hidden(exchange.requestHeaders),
    request_body: hide(exchange.requestBody),
    status: exchange.status,
    response_headers: hidden(exchange.responseHeaders),
    response_body: hide(exchange.responseBody),
    error: exchange.error === null ? null : hide(exchange.error),
    duration_ms: exchange.durationMs,
  }
}
