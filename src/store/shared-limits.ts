import type { Knex } from 'knex'
import { type Bucket, fullBucket, refill, spend } from './bucket.ts'
import type { Database } from './database.ts'
import { sentOn } from './days.ts'
import type { Insertion, Tables, Trx } from './dialect/dialect.ts'

/** What holds for all instances together, so that it is decided in the transaction that takes. */
export interface SharedLimits {
  readonly perMinute?: number | undefined
  /** How many may be sent on a day (UTC, as 2026-11-24). */
  readonly perDay?: { readonly day: string; readonly most: number } | undefined
  /** One at a time: only if nobody carries out anything of the integration. */
  readonly isProbe?: boolean
  /** What the caller carries out itself. */
  readonly own: readonly number[]
}

interface Asked {
  readonly integration: string
  readonly limit: number
  readonly limits: SharedLimits
  /** What processes that died have left. */
  readonly abandoned: readonly number[]
  /** The time, as it is stored. */
  readonly at: number
}

export const limitsName = (integration: string): string => `limits ${integration}`

/** How many of `limit` may be taken now. */
export async function within({ knex }: Trx, asked: Asked): Promise<number> {
  const { integration, limit, limits, abandoned, at } = asked
  const { perMinute, perDay, isProbe = false, own } = limits
  let left = limit
  if (perMinute !== undefined) {
    const bucket = (await stored(knex, integration)) ?? fullBucket(perMinute, at)
    left = Math.min(left, Math.floor(refill(bucket, perMinute, at).tokens))
  }
  if (perDay === undefined && !isProbe) return left
  // First, so that what is settled meanwhile is counted twice rather than not at all.
  const others = await underWay(knex, { integration, except: [...own, ...abandoned], at })
  if (isProbe && others > 0) return 0
  if (perDay === undefined) return left
  const sent = await sentOn(knex, integration, perDay.day)
  return Math.max(0, Math.min(left, perDay.most - sent - others - own.length))
}

const RATES: Insertion = {
  table: 'rates',
  columns: ['integration', 'tokens', 'at'],
  tail: 'on conflict (integration) do update set tokens = excluded.tokens, at = excluded.at',
}

/** In the transaction in which `within` allowed it. */
export async function spendTokens(
  trx: Trx,
  { integration, limits: { perMinute }, at }: Pick<Asked, 'integration' | 'limits' | 'at'>,
  count: number,
): Promise<void> {
  if (perMinute === undefined || count === 0) return
  const bucket = (await stored(trx.knex, integration)) ?? fullBucket(perMinute, at)
  const { tokens, at: since } = spend(refill(bucket, perMinute, at), count)
  await trx.insert(RATES, [[integration, tokens, since]])
}

/** What `max_per_minute` leaves to all instances, by the clock that says `now`; null: nothing was sent yet. */
export async function bucketOf(
  { reader, toldBy }: Pick<Database, 'reader' | 'toldBy'>,
  integration: string,
  now: number,
): Promise<Bucket | null> {
  const row: { tokens: number; since: number } | undefined = await reader('rates')
    .where({ integration })
    .first('tokens', toldBy(now, 'at', 'since'))
  return row === undefined ? null : { tokens: Number(row.tokens), at: Number(row.since) }
}

async function stored(knex: Tables, integration: string): Promise<Bucket | null> {
  const row: Bucket | undefined = await knex('rates').where({ integration }).first('tokens', 'at')
  return row === undefined ? null : { tokens: Number(row.tokens), at: Number(row.at) }
}

/** Without what somebody has left whose lease is over. */
async function underWay(
  knex: Tables,
  {
    integration,
    except,
    at,
  }: { readonly integration: string; readonly except: readonly number[]; readonly at: number },
): Promise<number> {
  const query: Knex.QueryBuilder = knex('deliveries')
    .where({ integration, state: 'delivering' })
    // As in the index, word for word.
    .whereRaw("settled_at is null and (in_doubt_since is not null or state = 'delivering')")
    .where('due_at', '>', at)
    .whereNotIn('id', [...except])
  const [row]: { n: number | string }[] = await query.count({ n: '*' })
  return Number(row?.n ?? 0)
}
