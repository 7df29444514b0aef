import { type Static, Type } from 'typebox'
import type { Finding } from '../../connectors/contract/connector.ts'
import type { Tried } from '../../queue/test-message.ts'
import { STANDINGS, type ToldStanding } from '../../queue/told-standing.ts'
import { DELIVERY_STATES, type DeliveryState } from '../../store/delivery.ts'
import { MOST_DUE, type StandingFacts } from '../../store/standing-facts.ts'
import { ExchangeShape, exchangeAnswer, Nothing } from './deliveries.ts'
import { found, ProblemError } from './problem-error.ts'
import { iso, isoOrNull, Name, named, nullable, prose, ref, time, word } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'

/** An integration of the config, or one that is not there any more but has open deliveries. */
export interface KnownIntegration {
  readonly name: string
  /** Null: it is not in the config. */
  readonly type: string | null
  readonly title: string | null
  readonly projects: readonly string[]
  readonly standing: ToldStanding
  readonly facts: StandingFacts
  /** When the digest is due that what waits goes into; null: everything is sent by itself, or nothing waits. */
  readonly digestAt: number | null
  readonly counts: Readonly<Partial<Record<DeliveryState, number>>>
  readonly maxPerMinute: number | null
  readonly maxPerDay: number | null
  readonly concurrency: number | null
}

export interface IntegrationParts {
  integrations(): Promise<readonly KnownIntegration[]>
  /** As they are written in the config, without secrets; null if it is not there. */
  settings(name: string): object | null
  pause(name: string, reason: string): Promise<void>
  resume(name: string): Promise<void>
  /** Null if it does not run here. */
  check(name: string): Promise<readonly Finding[] | null>
  tryOut(name: string): Promise<Tried | null>
  redact(integration: string, text: string): string
}

const Standing = named(
  'Standing',
  Type.Object(
    {
      state: word(STANDINGS),
      sentence: Type.String({ description: 'How it stands, since when, and why.' }),
      since: nullable(time('Since when it does not run.')),
      until: nullable(time('When sending goes on, or is tried again, without anybody.')),
      reason: nullable(Type.String()),
      paused_by: nullable(
        word(
          ['operator', 'target'],
          'Who paused it: a person, or the relay itself because the target refused for good. Null if it is not paused.',
        ),
      ),
    },
    { additionalProperties: false },
  ),
)

const PLAIN = {
  name: Type.String(),
  type: nullable(Type.String({ description: 'The connector; null: the integration is not in the config.' })),
  title: nullable(Type.String()),
  projects: Type.Array(Type.String(), { description: 'The projects that list it.' }),
  standing: ref(Standing),
  deliveries: Type.Object(
    Object.fromEntries(DELIVERY_STATES.map((state) => [state, Type.Integer({ minimum: 0 })])) as Record<
      DeliveryState,
      ReturnType<typeof Type.Integer>
    >,
    { description: 'How many it has, by state.', additionalProperties: false },
  ),
  open: Type.Integer({ minimum: 0, description: 'Of them, those that are not settled.' }),
  due: Type.Integer({
    minimum: 0,
    maximum: MOST_DUE,
    description: `How many could be sent at this moment, if nothing held them; ${MOST_DUE} also stands for more.`,
  }),
  oldest_open_at: nullable(time('When the oldest open delivery was planned.')),
  next_digest_at: nullable(
    time('When what waits is sent together, as one digest; null: it sends no digests, or nothing waits.'),
  ),
  last_success_at: nullable(
    time('When one was delivered last; null also if that is longer ago than the newest 5,000 deliveries of all.'),
  ),
  limits: Type.Object(
    {
      concurrency: nullable(Type.Integer()),
      max_per_minute: nullable(Type.Integer()),
      max_per_day: nullable(Type.Integer()),
      sent_today: nullable(Type.Integer({ description: 'In UTC; null without max_per_day.' })),
      waiting_for_cap: Type.Integer({
        minimum: 0,
        description: 'Open deliveries, while the cap of the day is reached.',
      }),
      waiting_for_rate: Type.Integer({ minimum: 0, description: 'Due deliveries beyond max_per_minute.' }),
    },
    { additionalProperties: false },
  ),
}

const Row = named(
  'Integration',
  Type.Object(PLAIN, {
    description: 'Where activities are passed on to, and how it stands.',
    additionalProperties: false,
  }),
)

const Whole = named(
  'IntegrationWithSettings',
  Type.Object(
    {
      ...PLAIN,
      settings: Type.Unsafe<object | null>({
        type: ['object', 'null'],
        description: 'As written in the config, without secrets; null if it is not there.',
        additionalProperties: true,
      }),
    },
    { description: 'An integration with its settings.', additionalProperties: false },
  ),
)

const FindingShape = named(
  'Finding',
  Type.Object(
    {
      level: word(['ok', 'warning', 'error']),
      setting: nullable(Type.String({ description: 'Null: the integration as a whole.' })),
      message: Type.String(),
    },
    { additionalProperties: false },
  ),
)

const TriedShape = named(
  'TestResult',
  Type.Object(
    {
      fine: Type.Boolean({ description: 'Nothing is wrong.' }),
      sent: Type.Boolean({ description: 'A message went out.' }),
      message: Type.String(),
      findings: Type.Array(ref(FindingShape)),
      exchanges: Type.Array(ref(ExchangeShape)),
    },
    { description: 'What came of the test.', additionalProperties: false },
  ),
)

export type IntegrationAnswer = Static<typeof Row>
export type WholeIntegrationAnswer = Static<typeof Whole>
export type TestAnswer = Static<typeof TriedShape>

export const integrationSchemas = [Standing, Row, Whole, FindingShape, TriedShape]

const ByName = Type.Object({ name: Name }, { additionalProperties: false })

const PauseBody = Type.Object(
  { reason: Type.Optional(prose(500, 'What others are told.')) },
  { additionalProperties: false },
)

export function integrationRoutes(app: ApiApp, parts: IntegrationParts): void {
  const tags = ['integrations']

  async function one(name: string): Promise<Static<typeof Whole>> {
    const known = found(
      (await parts.integrations()).find((each) => each.name === name),
      `integration "${name}"`,
    )
    return { ...answer(known, parts.redact), settings: parts.settings(name) }
  }

  /** @throws {ProblemError} unless the config has it */
  async function configured(name: string): Promise<void> {
    const { type } = await one(name)
    if (type === null) throw new ProblemError('conflict', `integration "${name}" is not in the config any more`)
  }

  app.get(
    '/integrations',
    {
      schema: {
        operationId: 'listIntegrations',
        summary: 'Integrations, and how they stand',
        tags,
        querystring: Type.Object({}, { additionalProperties: false }),
        response: {
          200: Type.Object(
            { items: Type.Array(ref(Row), { description: 'In the order of the config.' }) },
            { description: 'All integrations.', additionalProperties: false },
          ),
        },
      },
    },
    async () => ({ items: (await parts.integrations()).map((known) => answer(known, parts.redact)) }),
  )

  app.get(
    '/integrations/:name',
    {
      config: { isOneThing: true },
      schema: {
        operationId: 'getIntegration',
        summary: 'One integration with its settings',
        tags,
        params: ByName,
        response: { 200: ref(Whole) },
      },
    },
    async ({ params }) => await one(params.name),
  )

  app.post(
    '/integrations/:name/pause',
    {
      config: { deed: { action: 'pause', subject: 'integration {name}', details: ['reason'] } },
      schema: {
        operationId: 'pauseIntegration',
        summary: 'Send nothing until it is resumed',
        tags,
        params: ByName,
        body: PauseBody,
        response: { 200: ref(Whole) },
      },
    },
    async ({ params: { name }, body }) => {
      await configured(name)
      await parts.pause(name, body.reason ?? 'paused by the operator')
      return await one(name)
    },
  )

  app.post(
    '/integrations/:name/resume',
    {
      config: { deed: { action: 'resume', subject: 'integration {name}' } },
      schema: {
        operationId: 'resumeIntegration',
        summary: 'End a pause, and try at once',
        tags,
        params: ByName,
        body: Nothing,
        response: { 200: ref(Whole) },
      },
    },
    async ({ params: { name } }) => {
      await configured(name)
      await parts.resume(name)
      return await one(name)
    },
  )

  app.post(
    '/integrations/:name/check',
    {
      schema: {
        operationId: 'checkIntegration',
        summary: 'Try the settings against the target, without writing',
        tags,
        params: ByName,
        body: Nothing,
        response: {
          200: Type.Object(
            { findings: Type.Array(ref(FindingShape)) },
            { description: 'What the target says.', additionalProperties: false },
          ),
        },
      },
    },
    async ({ params: { name } }) => {
      await configured(name)
      return { findings: [...runsHere(await parts.check(name), name)] }
    },
  )

  app.post(
    '/integrations/:name/test',
    {
      config: { deed: { action: 'test message', subject: 'integration {name}' } },
      schema: {
        operationId: 'testIntegration',
        summary: 'Send a test message',
        description:
          'A visible, harmless message where it announces, also to the public; a signed test event to a web hook. A ticket system is only checked. It does not count for limits, and goes out even while the integration is paused.',
        tags,
        params: ByName,
        body: Nothing,
        response: { 200: ref(TriedShape) },
      },
    },
    async ({ params: { name } }) => {
      await configured(name)
      const { isFine, isSent, message, findings, exchanges } = runsHere(await parts.tryOut(name), name)
      const hide = (text: string): string => parts.redact(name, text)
      return {
        fine: isFine,
        sent: isSent,
        message,
        findings: [...findings],
        exchanges: exchanges.map((each) => exchangeAnswer(each, hide)),
      }
    },
  )
}

/** It may be stopped at this moment, because the relay reloads. */
function runsHere<T>(result: T | null, name: string): T {
  if (result !== null) return result
  throw new ProblemError('conflict', `integration "${name}" does not run at this moment; try again`)
}

const OPEN: readonly DeliveryState[] = ['pending', 'delivering', 'waiting', 'held']

function answer(known: KnownIntegration, redact: IntegrationParts['redact']): Static<typeof Row> {
  const { name, standing, facts, counts, maxPerMinute, maxPerDay } = known
  const open = OPEN.reduce((sum, state) => sum + (counts[state] ?? 0), 0)
  const { reason } = standing
  return {
    name,
    type: known.type,
    title: known.title,
    projects: [...known.projects],
    standing: {
      state: standing.state,
      sentence: redact(name, standing.sentence),
      since: isoOrNull(standing.since),
      until: isoOrNull(standing.until),
      reason: reason === null ? null : redact(name, reason),
      paused_by: standing.pausedBy,
    },
    deliveries: Object.fromEntries(DELIVERY_STATES.map((state) => [state, counts[state] ?? 0])) as Record<
      DeliveryState,
      number
    >,
    open,
    due: facts.due,
    oldest_open_at: isoOrNull(facts.oldestOpen),
    next_digest_at: isoOrNull(known.digestAt),
    last_success_at: facts.lastDelivered === null ? null : iso(facts.lastDelivered),
    limits: {
      concurrency: known.concurrency,
      max_per_minute: maxPerMinute,
      max_per_day: maxPerDay,
      sent_today: maxPerDay === null ? null : facts.sentToday,
      waiting_for_cap: standing.state === 'capped' ? open : 0,
      waiting_for_rate:
        maxPerMinute === null || standing.state !== 'running' ? 0 : Math.max(0, facts.due - maxPerMinute),
    },
  }
}
