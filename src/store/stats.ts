import type { Knex } from 'knex'
import { record } from './audit.ts'
import type { Committer } from './committer.ts'
import type { Insertion, Row } from './dialect/dialect.ts'

export const STAT_PERIODS = ['minute', 'hour', 'day'] as const
export type StatPeriod = (typeof STAT_PERIODS)[number]

const DAY_MS = 86_400_000
export const PERIOD_MS: Readonly<Record<StatPeriod, number>> = { minute: 60_000, hour: 3_600_000, day: DAY_MS }
/** Absent: for ever. */
const KEPT_MS: { readonly [P in StatPeriod]?: number } = { minute: 2 * DAY_MS, hour: 60 * DAY_MS }

export interface StatNumbers {
  /** Activities, counted for no integration. */
  readonly received: number
  readonly delivered: number
  /** Attempts that failed and are repeated. */
  readonly failed: number
  readonly dead: number
  readonly skipped: number
  /** From the arrival to the delivery, of all that were delivered. */
  readonly latencyMs: number
  readonly slowestMs: number
}

export interface Stat extends StatNumbers {
  /** When the minute, hour or day began; milliseconds since 1970. */
  readonly at: number
  /** Empty: what arrived. */
  readonly integration: string
}

export const NO_STAT: StatNumbers = {
  ...{ received: 0, delivered: 0, failed: 0, dead: 0, skipped: 0 },
  ...{ latencyMs: 0, slowestMs: 0 },
}

export function sumOfStats(one: StatNumbers, other: StatNumbers): StatNumbers {
  return {
    received: one.received + other.received,
    delivered: one.delivered + other.delivered,
    failed: one.failed + other.failed,
    dead: one.dead + other.dead,
    skipped: one.skipped + other.skipped,
    latencyMs: one.latencyMs + other.latencyMs,
    slowestMs: Math.max(one.slowestMs, other.slowestMs),
  }
}

const STATS: Insertion = {
  table: 'stats',
  columns: [
    ...['period', 'at', 'integration', 'slot'],
    ...['received', 'delivered', 'failed', 'dead', 'skipped', 'latency_ms', 'slowest_ms'],
  ],
  tail: `on conflict (period, at, integration, slot) do update set received = stats.received + excluded.received,
     delivered = stats.delivered + excluded.delivered, failed = stats.failed + excluded.failed,
     dead = stats.dead + excluded.dead, skipped = stats.skipped + excluded.skipped,
     latency_ms = stats.latency_ms + excluded.latency_ms,
     slowest_ms = case when excluded.slowest_ms > stats.slowest_ms then excluded.slowest_ms else stats.slowest_ms end`,
}

/** Adds what an instance has counted in some minutes to their minutes, hours and days. */
export async function addStats(committer: Committer, counted: readonly Stat[]): Promise<void> {
  if (counted.length === 0) return
  // Each row once, and all in the same order as those of another instance.
  const sums = STAT_PERIODS.flatMap((period) => {
    const byKey = new Map<string, Stat>()
    for (const stat of counted) {
      const at = stat.at - (stat.at % PERIOD_MS[period])
      const key = `${String(at).padStart(16, '0')} ${stat.integration}`
      byKey.set(key, { ...sumOfStats(byKey.get(key) ?? NO_STAT, stat), at, integration: stat.integration })
    }
    return [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, stat]) => ({ period, stat }))
  })
  await committer.run(async (trx) => {
    await trx.insert(
      STATS,
      sums.map(({ period, stat }) => rowOf(period, stat, trx.slot)),
    )
  }, 'waits for nobody')
}

function rowOf(period: StatPeriod, stat: Stat, slot: number): Row {
  const { at, integration, received, delivered, failed, dead, skipped, latencyMs, slowestMs } = stat
  return [period, at, integration, slot, received, delivered, failed, dead, skipped, latencyMs, slowestMs]
}

export interface StatChoice {
  readonly period: StatPeriod
  readonly integration?: string
  /** Included. */
  readonly from: number
  /** Not included. */
  readonly until: number
}

/** The newest first. */
export async function readStats(reader: Knex, { period, integration, from, until }: StatChoice): Promise<Stat[]> {
  const rows: (Record<string, number | string> & { integration: string })[] = await reader('stats')
    .where({ period })
    .where('at', '>=', from)
    .where('at', '<', until)
    .modify((query) => {
      if (integration !== undefined) query.where({ integration })
    })
    .groupBy('at', 'integration')
    .orderBy([{ column: 'at', order: 'desc' }, { column: 'integration' }])
    .select('at', 'integration')
    .sum({ received: 'received', delivered: 'delivered', failed: 'failed', dead: 'dead', skipped: 'skipped' })
    .sum({ latency: 'latency_ms' })
    .max({ slowest: 'slowest_ms' })
  return rows.map(statOf)
}

function statOf(row: Record<string, number | string> & { integration: string }): Stat {
  return {
    at: Number(row.at),
    integration: row.integration,
    received: Number(row.received),
    delivered: Number(row.delivered),
    failed: Number(row.failed),
    dead: Number(row.dead),
    skipped: Number(row.skipped),
    latencyMs: Number(row.latency),
    slowestMs: Number(row.slowest),
  }
}

/** Forgets minutes after two days, and hours after sixty. */
export async function sweepStats(committer: Committer, now: number): Promise<number> {
  return await committer.run(
    async ({ knex }) => {
      let deleted = 0
      for (const period of STAT_PERIODS) {
        const kept = KEPT_MS[period]
        if (kept === undefined) continue
        deleted += await knex('stats')
          .where({ period })
          .where('at', '<', now - kept)
          .delete()
      }
      return deleted
    },
    { names: ['sweep'] },
  )
}

/** Instances write once a minute. */
const UNWRITTEN_MS = 3 * 60_000

/**
 * Counts again from the activities and attempts that are kept: all minutes, hours and days of which every activity is
 * there, and which have ended. Of a delivery that was attempted very often, not all attempts are kept.
 * @returns how many rows there are now in their place
 */
export async function rebuildStats(committer: Committer, reader: Knex, who: string, now: number): Promise<number> {
  const oldest: { at?: number | null } | undefined = await reader('activities').min({ at: 'received_at' }).first()
  const since = oldest?.at === null || oldest?.at === undefined ? now : Number(oldest.at)
  let rows = 0
  for (const period of STAT_PERIODS) {
    const size = PERIOD_MS[period]
    const from = Math.ceil(Math.max(since, now - (KEPT_MS[period] ?? now)) / size) * size
    const until = Math.floor((now - UNWRITTEN_MS) / size) * size
    if (from >= until) continue
    const counted = [...(await received(reader, size, from, until)), ...(await attempted(reader, size, from, until))]
    rows += counted.length
    await committer.run(
      async (trx) => {
        await trx.knex('stats').where({ period }).where('at', '>=', from).where('at', '<', until).delete()
        await trx.insert(
          STATS,
          counted.map((stat) => rowOf(period, stat, 0)),
        )
      },
      { names: ['stats'] },
    )
  }
  const result = `${rows} rows counted again`
  await committer.run((trx) => record(trx, { who, action: 'rebuild stats', subject: 'stats', result }, now), {})
  return rows
}

async function received(reader: Knex, size: number, from: number, until: number): Promise<Stat[]> {
  const rows: { bucket: number; n: number | string }[] = await reader('activities')
    .where('received_at', '>=', from)
    .where('received_at', '<', until)
    .select(reader.raw(`received_at / ${size} as bucket`))
    .count({ n: '*' })
    .groupBy('bucket')
  return rows.map(({ bucket, n }) => ({
    ...NO_STAT,
    at: Math.floor(Number(bucket)) * size,
    integration: '',
    received: Number(n),
  }))
}

async function attempted(reader: Knex, size: number, from: number, until: number): Promise<Stat[]> {
  const ended = 'attempts.started_at + attempts.duration_ms'
  const isDone = "outcome in ('delivered', 'confirmed')"
  const since = 'coalesce(attempts.replayed_at, deliveries.created_at)'
  const latency = `case when ${isDone} and ${ended} > ${since} then ${ended} - ${since} else 0 end`
  const times = (condition: string): string => `sum(case when ${condition} then 1 else 0 end)`
  const rows: (Record<string, number | string> & { integration: string })[] = await reader('attempts')
    .join('deliveries', 'deliveries.id', 'attempts.delivery_id')
    .whereRaw(`${ended} >= ? and ${ended} < ?`, [from, until])
    .select(
      'deliveries.integration',
      reader.raw(`(${ended}) / ${size} as bucket`),
      reader.raw('0 as received'),
      reader.raw(`${times(isDone)} as delivered`),
      reader.raw(`${times("outcome in ('retry', 'hold', 'in doubt')")} as failed`),
      reader.raw(`${times("outcome in ('dead', 'expired')")} as dead`),
      reader.raw(`${times("outcome = 'skipped'")} as skipped`),
      reader.raw(`sum(${latency}) as latency`),
      reader.raw(`max(${latency}) as slowest`),
    )
    .groupBy('deliveries.integration', 'bucket')
  return rows.map((row) => statOf({ ...row, at: Math.floor(Number(row.bucket)) * size }))
}
