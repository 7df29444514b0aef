import { randomBytes } from 'node:crypto'
import type { Knex } from 'knex'
import type { Committer, Writes } from './committer.ts'
import type { Database } from './database.ts'
import type { Taken } from './delivery.ts'
import { deliveryOf, type TakenRow } from './delivery-row.ts'
import type { Finding, LeaseStart, Row, Statement } from './dialect/dialect.ts'
import { rounds } from './rounds.ts'
import { limitsName, type SharedLimits, spendTokens, within } from './shared-limits.ts'

/** A delivery that is taken; its due date is the end of the lease. */
export interface UnderWay {
  readonly id: number
  readonly token: string
  readonly dueAt: number
}

export interface TakeRequest {
  readonly integration: string
  readonly limit: number
  readonly now: number
  /** A worker that has not settled or extended a delivery within this time is considered dead. */
  readonly leaseMs: number
  /** What processes that died have left, as they were last seen: it is taken first. */
  readonly abandoned?: readonly UnderWay[]
  /** Only this delivery, if it is due. */
  readonly only?: number | undefined
  /** That one before it is due, if it is in doubt: to ask about it. */
  readonly early?: boolean | undefined
  /** What was never tried comes first, and of that what came last. */
  readonly newestFirst?: boolean
  /** Absent: there are none. */
  readonly limits?: SharedLimits | undefined
}

/**
 * Takes due deliveries, the oldest due first, and moves their due date to the end of the lease in the same transaction.
 * So two workers never get the same one. What a worker that died has left is taken in doubt.
 */
export function createTake(committer: Committer): (request: TakeRequest) => Promise<Taken[]> {
  return committer.batched(
    async (trx, requests: readonly TakeRequest[]) => {
      const results: Taken[][] = []
      for (const request of requests) results.push(await take(trx, request))
      return results
    },
    {
      order: ({ integration, limits }) =>
        limits === undefined ? 'waits for nobody' : { names: [limitsName(integration)], comesLast: true },
    },
  )
}

async function take(trx: Writes, request: TakeRequest): Promise<Taken[]> {
  const { integration, limits, abandoned = [] } = request
  if (limits === undefined) return await takeUpTo(trx, request)
  const asked = { integration, limits, at: trx.stored(request.now, request.now) }
  const limit = await within(trx, { ...asked, limit: request.limit, abandoned: abandoned.map(({ id }) => id) })
  if (limit === 0) return []
  const taken = await takeUpTo(trx, { ...request, limit })
  await spendTokens(trx, asked, taken.length)
  return taken
}

async function takeUpTo(trx: Writes, request: TakeRequest): Promise<Taken[]> {
  const { integration, now, leaseMs, limit, only, early = false, newestFirst = false } = request
  const lease = { token: randomBytes(12).toString('hex'), startedAt: now, until: trx.stored(now + leaseMs, now) }
  const by = trx.stored(now, now)
  const taken: TakenRow[] = []
  const find = async (found: Finding) => taken.push(...(await trx.take(found, lease)))
  const left = leftBehind(request)
  // A process that was only slow has extended its lease meanwhile, and keeps its delivery.
  if (left.length > 0) await find({ statement: ABANDONED, rows: left, values: [] })
  const isProbe = newestFirst && taken.length === 0
  if (only !== undefined && taken.length === 0)
    await find(
      early ? { statement: DOUBT, values: [integration, only] } : { statement: ONE, values: [integration, by, only] },
    )
  else if (only === undefined && isProbe) await find({ statement: NEVER_TRIED, values: [integration, by, limit] })
  if (only === undefined && taken.length < limit && !(isProbe && taken.length > 0))
    await find({ statement: DUE, values: [integration, by, limit - taken.length] })
  for (const { before } of taken) trx.counts.move(integration, before, 'delivering')
  return taken.sort((one, other) => one.id - other.id).map((row) => takenOf(row, lease))
}

function takenOf(row: TakenRow, { token, startedAt }: Pick<LeaseStart, 'token' | 'startedAt'>): Taken {
  const { before: state, before_due: dueAt, raw, content_type: contentType } = row
  return {
    ...deliveryOf(row),
    token,
    startedAt,
    before: { state, dueAt },
    occurredAt: row.occurred_at,
    storyName: row.story_name,
    storyType: row.story_type,
    trace: row.trace,
    body: raw === null ? null : { raw, contentType, normalised: null },
  }
}

function leftBehind({ abandoned = [], only, limit }: TakeRequest): Row[] {
  const asked = abandoned.filter(({ id }) => only === undefined || id === only).slice(0, limit)
  return asked.map(({ id, token, dueAt }) => [id, token, dueAt])
}

const ABANDONED: Finding['statement'] = {
  given: { table: 'deliveries', columns: ['id', 'token', 'due_at'] },
  sql: `select id, state, due_at from deliveries
    where (id, token, due_at) in (select id, token, due_at from given) and state = 'delivering'`,
  values: 0,
}
const ONE: Finding['statement'] = {
  sql: `select id, state, due_at from deliveries
    where integration = $1 and due_at <= $2 and state <> 'delivering' and id = $3`,
  values: 3,
}
const DOUBT: Finding['statement'] = {
  sql: `select id, state, due_at from deliveries
    where integration = $1 and due_at is not null and state <> 'delivering' and in_doubt_since is not null and id = $2`,
  values: 2,
}
// In the order of the index: however many wait, the first ones end the search.
const DUE: Finding['statement'] = {
  sql: `select id, state, due_at from deliveries where integration = $1 and due_at <= $2 and state <> 'delivering'
    order by due_at, id limit $3`,
  values: 3,
}
const NEVER_TRIED: Finding['statement'] = {
  sql: `select id, state, due_at from deliveries where integration = $1 and due_at <= $2 and state = 'pending'
    order by due_at desc, id desc limit $3`,
  values: 3,
}

/**
 * Extends the leases of deliveries that are still under way.
 * @returns the ids of those that no other process has taken
 */
export function createExtend(
  committer: Committer,
): (taken: readonly Pick<Taken, 'id' | 'token'>[], until: number, now: number) => Promise<number[]> {
  const extend = committer.batched(extendAll, {
    order: ({ taken }: Extension) => ({ deliveries: taken.map(({ id }) => id) }),
  })
  return (taken, until, now) => extend({ taken, until, now })
}

interface Extension {
  readonly taken: readonly Pick<Taken, 'id' | 'token'>[]
  readonly until: number
  readonly now: number
}

const EXTEND: Statement = {
  given: { table: 'deliveries', columns: ['id', 'token', 'due_at'] },
  sql: ({ onlyGiven }) => `update deliveries set due_at = given.due_at from given
    where deliveries.id = given.id and deliveries.token = given.token and deliveries.state = 'delivering'
      and ${onlyGiven}
    returning deliveries.id as id`,
}

async function extendAll(trx: Writes, extensions: readonly Extension[]): Promise<number[][]> {
  const results: number[][] = extensions.map(() => [])
  const asked = extensions.flatMap(({ taken, until, now }, index) =>
    taken.map(({ id, token }) => ({ index, row: [id, token, trx.stored(until, now)] as const })),
  )
  for (const round of rounds(asked, ({ row }) => row[0])) {
    const rows = round.map(({ row }) => row)
    const ids = new Set((await trx.apply<{ id: number }>(EXTEND, rows)).map(({ id }) => id))
    for (const { index, row } of round) if (ids.has(row[0])) results[index]?.push(row[0])
  }
  return results
}

/**
 * Gives back deliveries that were taken and not begun: each is what it was before, and keeps its place among those that
 * are due. What another process had left, and may have sent, waits for its turn in doubt.
 */
export function createGiveBack(committer: Committer): (taken: readonly GivenBack[]) => Promise<void> {
  return committer.batched(
    async (trx, requests: readonly (readonly GivenBack[])[]) => {
      await giveBack(trx, requests.flat())
      return requests.map(() => undefined)
    },
    { order: (taken) => ({ deliveries: taken.map(({ id }) => id) }) },
  )
}

type GivenBack = Pick<Taken, 'id' | 'token' | 'integration' | 'before'>

const GIVE_BACK: Statement = {
  given: { table: 'deliveries', columns: ['id', 'token', 'state', 'due_at'] },
  sql: ({ onlyGiven }) => `update deliveries set state = given.state, due_at = given.due_at, token = null,
      attempts = deliveries.attempts - 1
    from given
    where deliveries.id = given.id and deliveries.token = given.token and deliveries.state = 'delivering'
      and ${onlyGiven}
    returning deliveries.id as id`,
}

async function giveBack(trx: Writes, all: readonly GivenBack[]): Promise<void> {
  const stateOf = ({ before }: GivenBack) => (before.state === 'delivering' ? 'waiting' : before.state)
  for (const round of rounds(all, ({ id }) => id)) {
    const rows = round.map((each) => [each.id, each.token, stateOf(each), each.before.dueAt])
    const ours = new Set((await trx.apply<{ id: number }>(GIVE_BACK, rows)).map(({ id }) => id))
    for (const each of round) if (ours.has(each.id)) trx.counts.move(each.integration, 'delivering', stateOf(each))
  }
}

export interface Postponed {
  readonly delivery: Pick<Taken, 'id' | 'token' | 'integration'>
  readonly until: number
  readonly now: number
}

/** Gives back a delivery that was taken before its time and never begun, not even by a process that died: so it is in no doubt. */
export function createPostpone(committer: Committer): (postponed: Postponed) => Promise<void> {
  return committer.batched(
    async (trx, all: readonly Postponed[]) => {
      for (const round of rounds(all, ({ delivery }) => delivery.id)) {
        const rows = round.map(({ delivery: { id, token }, until, now }) => [id, token, trx.stored(until, now)])
        const ours = new Set((await trx.apply<{ id: number }>(POSTPONE, rows)).map(({ id }) => id))
        for (const { delivery } of round)
          if (ours.has(delivery.id)) trx.counts.move(delivery.integration, 'delivering', 'pending')
      }
      return all.map(() => undefined)
    },
    { order: ({ delivery }) => ({ deliveries: [delivery.id] }) },
  )
}

const POSTPONE: Statement = {
  given: { table: 'deliveries', columns: ['id', 'token', 'due_at'] },
  sql: ({ onlyGiven }) => `update deliveries set state = 'pending', due_at = given.due_at, token = null,
      attempts = deliveries.attempts - 1, in_doubt_since = null
    from given
    where deliveries.id = given.id and deliveries.token = given.token and deliveries.state = 'delivering'
      and ${onlyGiven}
    returning deliveries.id as id`,
}

/** @param except what the caller is carrying out itself */
export async function underWay(reader: Knex, integration: string, except: readonly number[]): Promise<UnderWay[]> {
  const rows: { id: number; token: string; due_at: number }[] = await reader('deliveries')
    .select('id', 'token', 'due_at')
    .where({ integration, state: 'delivering' })
    // As in the index, word for word.
    .whereRaw("settled_at is null and (in_doubt_since is not null or state = 'delivering')")
    .whereNotIn('id', [...except])
    // As the index has them: SQLite would else take one of all that is open.
    .orderBy('due_at')
  return rows.map(({ id, token, due_at }) => ({ id: Number(id), token, dueAt: Number(due_at) }))
}

/** The integrations of which some instance is carrying out something, or was when it died. */
export async function atWork(reader: Knex): Promise<string[]> {
  return await reader('deliveries')
    .where({ state: 'delivering' })
    // As in the index, word for word.
    .whereRaw("settled_at is null and (in_doubt_since is not null or state = 'delivering')")
    .distinct('integration')
    .pluck('integration')
}

/** Of what nobody is carrying out, by the clock that says `now`. */
export async function nextDue(
  { reader, toldBy }: Pick<Database, 'reader' | 'toldBy'>,
  integration: string,
  now: number,
): Promise<number | null> {
  const row: { due: number | null } | undefined = await reader('deliveries')
    .where('integration', integration)
    .whereNotNull('due_at')
    .whereNot('state', 'delivering')
    .first(toldBy(now, 'min(due_at)', 'due'))
  return row?.due ?? null
}
