import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { freshFolder } from '../store/database.ts'
import { type Chance, chance } from './chance.ts'
import { type DatabaseKind, openJournal } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts'
import type { ProcessOptions } from './relay-process.ts'
import { reportRow } from './row.ts'
import { createSender, type Sender } from './tracker-sender.ts'
import { type Verdict, verdictOf } from './verdict.ts'

export interface OrdealParts {
  /** As the table calls it. */
  readonly form: string
  readonly database: DatabaseKind
  readonly instances: number
  readonly rounds: number
  readonly leaseMs: number
  readonly gateway?: Partial<GatewayOptions>
  /** How long a sender waits for an answer before it posts again. */
  readonly patienceMs?: number
  /** How long a sender rests between posts once it has made its share, until the round is over; by default it ends there. */
  readonly restMs?: number
  /** Then no relay is made ready to take the place of another one. */
  readonly isNobodyKilled?: true
  /** Of the n-th relay that is started. */
  options?(nth: number, chance: Chance): ProcessOptions
  /** What happens to the relays in one round, while activities are posted; in the end each slot has one that runs. */
  strike(round: Round): Promise<void>
}

export interface Round extends Pick<Chance, 'below'> {
  readonly number: number
  readonly fleet: Fleet
  readonly gateway: Gateway
  /** How often senders were told to come again so far. */
  refusals(): number
  /** How much was acknowledged so far. */
  acknowledged(): number
}

export interface Told {
  readonly verdict: Verdict
  readonly gateway: Gateway
  readonly fleet: Fleet
}

export const CONCURRENCY = 3
/** Few enough that a room's page of recent messages reaches back over several rounds. */
const POSTS_A_ROUND = 10
const SENDERS = 4
const STORIES_OF_EACH = 3
/** Loaded code takes most of it. */
const MOST_MEGABYTES = 400

/**
 * Strikes at relays round by round while four senders post, lets them finish, and judges: nothing acknowledged is lost,
 * nothing doubled where the target can be asked, all is in order, nothing is stuck, memory is bounded.
 */
export async function ordeal(t: Test, parts: OrdealParts): Promise<Told> {
  const { form, database, instances, rounds, leaseMs } = parts
  const drawn = chance()
  t.comment(`FAULT_SEED=${drawn.seed}`)
  const stories = Array.from({ length: SENDERS }, (_, sender) =>
    Array.from({ length: STORIES_OF_EACH }, (_, story) => String(sender * 10 + story)),
  )
  const gateway = await startGateway(t, freshFolder(t), {
    concurrency: CONCURRENCY,
    tickets: stories.flat(),
    databaseUrl: await database.fresh(),
    ...parts.gateway,
  })
  const senders = stories.map((own, index) =>
    createSender(gateway.hook, own, index * 1_000_000, {
      ticketsAt: gateway.jiraUrl ?? undefined,
      ...(parts.patienceMs === undefined ? {} : { patienceMs: parts.patienceMs }),
    }),
  )
  const { options } = parts
  const fleet = createFleet(t, {
    configPath: gateway.configPath,
    leaseMs,
    ...(options === undefined ? {} : { options: (nth) => options(nth, drawn) }),
  })
  if (parts.isNobodyKilled === true) fleet.needsNoSpare()
  const slots = Array.from({ length: instances }, (_, slot) => slot)
  await Promise.all(slots.map((slot) => fleet.start(slot)))
  const refusals = (): number => senders.reduce((sum, sender) => sum + sender.refusals, 0)
  const acknowledged = (): number => senders.reduce((sum, { ledger }) => sum + ledger.length, 0)
  for (let number = 0; number < rounds; number += 1) {
    if (number === rounds - 1) fleet.needsNoSpare()
    let isOver = false
    const posting = senders.map((sender, index) => post(sender, fleet, index + number, () => isOver, parts.restMs))
    await parts.strike({ number, fleet, gateway, below: drawn.below, refusals, acknowledged })
    isOver = true
    await Promise.all(posting)
    if (fleet.complaints() !== '') break
  }

  t.equal(fleet.complaints(), '', 'no relay complains')
  // A client that still waits for an answer asks once more.
  const last = await Promise.all(senders.map((sender, index) => sender.run(fleet.addresses(index), 1)))
  t.strictSame([...new Set(last)], ['done'])
  const file = await openJournal(t, gateway)
  await eventually(async () => {
    const [row] = await file.all('select count(*) as open from deliveries where settled_at is null')
    return Number((row as { open: number } | undefined)?.open)
  }, 'every delivery is settled')
  const peakMegabytes = fleet.peakMegabytes()
  await fleet.stop()
  const verdict = await verdictOf(
    gateway,
    senders.map(({ ledger }) => ledger),
    file,
  )
  reportRow(t, { form, database: database.name, rounds, seed: drawn.seed, verdict, peakMegabytes })
  expectKept(t, verdict)
  t.ok(peakMegabytes < MOST_MEGABYTES, `the largest relay took ${peakMegabytes} MB`)
  return { verdict, gateway, fleet }
}

/** What every form has to show. */
export function expectKept(t: Test, verdict: Verdict): void {
  t.ok(verdict.acknowledged > 0, `${verdict.acknowledged} activities were acknowledged`)
  t.strictSame(verdict.lost, [], 'nothing acknowledged is lost')
  t.strictSame(verdict.doubled, [], 'nothing is doubled where the target can be asked')
  t.strictSame(verdict.outOfOrder, [], 'each story is in order')
  t.strictSame(verdict.stuck, [], 'every delivery was delivered')
  t.strictSame(verdict.excess, [], 'the web hook got nothing more often than it was under way, and always the same')
  t.strictSame(verdict.broken, [], 'the tables agree with each other')
}

async function post(
  sender: Sender,
  fleet: Fleet,
  first: number,
  isOver: () => boolean,
  restMs: number | undefined,
): Promise<void> {
  const end = sender.ledger.length + POSTS_A_ROUND
  while (sender.ledger.length < end) {
    const addresses = fleet.addresses(first)
    if (addresses.length > 0) await sender.run(addresses, end - sender.ledger.length)
    if (isOver()) return
    await sleep(5)
  }
  while (restMs !== undefined && !isOver()) {
    await sleep(restMs)
    const addresses = fleet.addresses(first)
    if (addresses.length > 0) await sender.run(addresses, 1)
  }
}

/**
 * How many rounds a form has: few by default, `FAULT_ROUNDS` in the long run.
 * @param share of the long run's rounds, for forms whose rounds take longer
 */
export function roundsOf(few: number, share = 1): number {
  const asked = process.env.FAULT_ROUNDS
  return asked === undefined ? few : Math.max(few, Math.round(Number(asked) * share))
}

/** Waits up to twice as long as an idle machine takes to start a relay, so that all moments of its life are met. */
export async function aWhile(below: Chance['below'], mostMs = 260): Promise<void> {
  await sleep(below(mostMs))
}
