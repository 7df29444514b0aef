import { type Static, Type } from 'typebox'
import { PERIOD_MS, STAT_PERIODS, type Stat, type StatChoice } from '../../store/stats.ts'
import { ProblemError } from './problem-error.ts'
import { iso, Name, named, nullable, ref, time, word } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'
import { whoOf } from './who.ts'

export interface StatParts {
  read(choice: StatChoice): Promise<readonly Stat[]>
  rebuild(who: string): Promise<number>
  now(): number
}

const StatShape = named(
  'Stat',
  Type.Object(
    {
      at: time('When the minute, hour or day began.'),
      integration: nullable(Type.String({ description: 'Null: what arrived, for whatever integration.' })),
      received: Type.Integer({ description: 'Activities that were stored.' }),
      delivered: Type.Integer(),
      failed: Type.Integer({ description: 'Attempts that failed and are repeated.' }),
      dead: Type.Integer(),
      skipped: Type.Integer(),
      latency_ms: nullable(
        Type.Number({
          description: 'From the arrival, or the replay, to the delivery, on average; null if nothing was delivered.',
        }),
      ),
      slowest_ms: nullable(Type.Number()),
    },
    { description: 'What was done in a minute, an hour or a day.', additionalProperties: false },
  ),
)

const Stats = named(
  'Stats',
  Type.Object(
    { items: Type.Array(ref(StatShape), { description: 'The newest first; times without anything are missing.' }) },
    { description: 'What was done in some time.', additionalProperties: false },
  ),
)

const Rebuilt = named(
  'StatsRebuilt',
  Type.Object(
    { rows: Type.Integer() },
    { description: 'How many rows were counted again.', additionalProperties: false },
  ),
)

export type StatAnswer = Static<typeof StatShape>

export const statSchemas = [StatShape, Stats, Rebuilt]

/** Of one answer. */
const MOST_BUCKETS = 3000
const DEFAULT_BUCKETS = 60

const Query = Type.Object(
  {
    by: word(STAT_PERIODS, 'Minutes are kept for 2 days, hours for 60, days for ever.'),
    integration: Type.Optional(Name),
    from: Type.Optional(
      Type.String({ format: 'date-time', description: 'At this time or later. Default: 60 before.' }),
    ),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Before this time. Default: now.' })),
  },
  { additionalProperties: false },
)

export function statRoutes(app: ApiApp, { read, rebuild, now }: StatParts): void {
  app.get(
    '/stats',
    {
      schema: {
        operationId: 'readStats',
        summary: 'What was received, delivered and failed, over time',
        description: 'What other instances did comes once a minute.',
        tags: ['stats'],
        querystring: Query,
        response: { 200: ref(Stats) },
      },
    },
    async ({ query }) => {
      const { by, integration, from, to } = query
      const until = to === undefined ? now() + 1 : Date.parse(to)
      const since = from === undefined ? until - DEFAULT_BUCKETS * PERIOD_MS[by] : Date.parse(from)
      if (until - since > MOST_BUCKETS * PERIOD_MS[by])
        throw new ProblemError('bad-parameter', `ask for ${MOST_BUCKETS} ${by}s at most, or by a longer period`)
      const stats = await read({
        period: by,
        from: since,
        until,
        ...(integration === undefined ? {} : { integration }),
      })
      return { items: stats.map(statAnswer) }
    },
  )

  app.post(
    '/stats/rebuild',
    {
      schema: {
        operationId: 'rebuildStats',
        summary: 'Count again from what is kept',
        description: 'All minutes, hours and days that have ended, as far back as activities are kept.',
        tags: ['stats'],
        body: Type.Object({}, { additionalProperties: false }),
        response: { 200: ref(Rebuilt) },
      },
    },
    async (request) => ({ rows: await rebuild(whoOf(request)) }),
  )
}

function statAnswer(stat: Stat): Static<typeof StatShape> {
  const { at, integration, received, delivered, failed, dead, skipped, latencyMs, slowestMs } = stat
  return {
    at: iso(at),
    integration: integration === '' ? null : integration,
    ...{ received, delivered, failed, dead, skipped },
    latency_ms: delivered === 0 ? null : Math.round(latencyMs / delivered),
    slowest_ms: delivered === 0 ? null : slowestMs,
  }
}
