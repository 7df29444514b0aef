import type { Job, Session, Ticket } from '../connectors/contract/connector.ts'
import { DeliveryError } from '../connectors/contract/delivery-error.ts'
import type { OwnWrite } from '../connectors/contract/own-write.ts'
import type { NotLinked } from '../links/find.ts'
import type { Taken } from '../store/delivery.ts'
import { ended, NotSent } from './lease.ts'
import type { Result } from './outcome.ts'

export interface Surroundings {
  readonly session: Session
  /** Null: the connector works without tickets. */
  readonly ticketOf: ((delivery: Taken) => Promise<Ticket | NotLinked>) | null
  background(delivery: Taken): Promise<Pick<Job, 'story' | 'occurredAt' | 'overtaken'>>
  activity(delivery: Taken): ReturnType<Job['activity']>
  superseded(delivery: Taken): Promise<string | null>
  /** What is sent with it, and the key of all of it; null: it alone. @throws {NotSent} if the lease has ended */
  digest(delivery: Taken): Promise<(Pick<Job, 'key'> & Required<Pick<Job, 'digest'>>) | null>
  /** Resolves with false if the lease has ended. */
  keep(delivery: Taken, words: string): Promise<boolean>
  /** @see Job.foretell. Null: no project follows the tool. */
  readonly ownWrites: {
    foretell(delivery: Taken, write: OwnWrite): Promise<void>
    /** Nothing was written. */
    takeBack(delivery: Taken): Promise<void>
  } | null
  receipted(ids: readonly string[]): Promise<ReadonlySet<string>>
  /** @see Job.latest */
  latest(delivery: Taken): Promise<string | null>
}

/**
 * Carries out one delivery: finds its ticket, confirms an earlier attempt that is in doubt, and otherwise makes exactly
 * one write. Never rejects: a failure is a result.
 * @param how `onlyAsk`: what is in doubt is asked about, and not sent again
 */
export async function carryOut(
  delivery: Taken,
  surroundings: Surroundings,
  { onlyAsk }: { readonly onlyAsk: boolean } = { onlyAsk: false },
): Promise<Result> {
  let asking = false
  try {
    return await attempt(delivery, { ...surroundings, onlyAsk }, () => {
      asking = true
    })
  } catch (error) {
    if (error instanceof NotSent) return { type: 'failed', error, targetAsked: false }
    if (error instanceof DeliveryError)
      return error.verdict === 'skip' ? { type: 'skipped', why: error.message } : { type: 'failed', error }
    // Our own mistakes and store failures are not the target's.
    return { type: 'failed', error: unexpected(error, asking), targetAsked: false }
  }
}

/** @param ask is called right before the first request to the target */
async function attempt(
  delivery: Taken,
  surroundings: Surroundings & { readonly onlyAsk: boolean },
  ask: () => void,
): Promise<Result> {
  const { session, onlyAsk } = surroundings
  if (session.perform === undefined)
    throw new DeliveryError('dead', 'this connector does not write to its system; nothing was sent')
  const superseded = await surroundings.superseded(delivery)
  if (superseded !== null) return { type: 'skipped', why: superseded }
  const ticket = await ticketOf(delivery, surroundings)
  if (ticket instanceof DeliveryError) return { type: 'failed', error: ticket, targetAsked: false }
  if (ticket !== null && 'notLinked' in ticket)
    return { type: 'skipped', why: ticket.notLinked === null ? 'not linked' : `not linked: ${ticket.notLinked}` }
  const digest = await surroundings.digest(delivery)
  let hasForetold = false
  const job: Job = {
    key: delivery.key,
    effect: delivery.effect,
    ticket,
    inDoubt: delivery.inDoubtSince !== null,
    kept: delivery.inDoubtSince === null ? null : delivery.kept,
    keep: (words) => keep(delivery, words, surroundings),
    async foretell(write) {
      hasForetold = true
      await foretell(delivery, write, surroundings)
    },
    targetTime: delivery.targetTime === null ? null : new Date(delivery.targetTime),
    receipted: surroundings.receipted,
    latest: () => surroundings.latest(delivery),
    ...(await surroundings.background(delivery)),
    activity: () => surroundings.activity(delivery),
    ...digest,
  }
  ask()
  if (delivery.inDoubtSince !== null && session.confirm !== undefined) {
    const found = await session.confirm(job, new Date(delivery.inDoubtSince))
    if (typeof found === 'object') return { type: 'done', receipt: found, confirmed: true }
  }
  if (onlyAsk) return { type: 'absent' }
  try {
    return { type: 'done', receipt: await session.perform(job), confirmed: false }
  } catch (error) {
    // What the target refused, a person may do by hand a moment later. What is not taken back is forgotten soon.
    const isRefused = error instanceof DeliveryError && error.verdict !== 'in doubt'
    if (hasForetold && isRefused) await surroundings.ownWrites?.takeBack(delivery).catch(() => {})
    throw error
  }
}

async function keep(delivery: Taken, words: string, surroundings: Surroundings): Promise<void> {
  let isOurs: boolean
  try {
    isOurs = await surroundings.keep(delivery, words)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new NotSent('retry', `nothing was sent: its words could not be stored first (${why})`, { cause: error })
  }
  if (!isOurs) throw ended()
}

async function foretell(delivery: Taken, write: OwnWrite, { ownWrites }: Surroundings): Promise<void> {
  try {
    await ownWrites?.foretell(delivery, write)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new NotSent('retry', `nothing was sent: what it changes could not be stored first (${why})`, { cause: error })
  }
}

/** Errors here come before the first request to the target. */
async function ticketOf(
  delivery: Taken,
  surroundings: Surroundings,
): Promise<Ticket | NotLinked | DeliveryError | null> {
  try {
    return surroundings.ticketOf === null ? null : await surroundings.ticketOf(delivery)
  } catch (error) {
    if (error instanceof DeliveryError) return error
    throw error
  }
}

/** After the first request the write may have been made, so the next attempt looks first. */
function unexpected(error: unknown, asked: boolean): DeliveryError {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new DeliveryError(asked ? 'in doubt' : 'retry', `unexpected ${message}`, { cause: error })
}
