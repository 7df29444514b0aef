import { DeliveryError } from '../connectors/contract/delivery-error.ts'
import type { Fence } from '../http/attempt.ts'

/** Nothing was sent, and not because of the target. */
export class NotSent extends DeliveryError {}

/** Of both clocks at once. */
export interface Moment {
  readonly time: number
  readonly steady: number
}

interface LeaseParts {
  readonly leaseMs: number
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  /** Extends the lease in the store; false if another process has the delivery. */
  extend(): Promise<boolean>
}

export interface Lease {
  readonly fence: Fence
  /** What the store said about an extension that began at that moment. */
  extended(isOurs: boolean, from: Moment): void
}

/**
 * The right to carry out a delivery, as this process knows it. It stood still for as long as either clock says: a steady
 * clock may not go on while a virtual machine is suspended, and the other one may be set back.
 */
export function createLease(parts: LeaseParts, takenAt: Moment): Lease {
  const { leaseMs, now, steady } = parts
  let confirmed = takenAt
  let lost = false
  const moment = (): Moment => ({ time: now(), steady: steady() })
  const age = (): number => Math.max(now() - confirmed.time, steady() - confirmed.steady)

  function extended(isOurs: boolean, from: Moment): void {
    if (!isOurs) lost = true
    else if (from.steady >= confirmed.steady) confirmed = from
  }

  return {
    extended,
    fence: {
      async ask() {
        if (lost) throw ended()
        const sinceMs = age()
        if (sinceMs <= leaseMs / 3) return
        const from = moment()
        extended(await parts.extend().catch(cannotAsk), from)
        if (lost) throw ended()
        if (sinceMs > leaseMs) throw late(sinceMs)
      },
      tooLate: () => (lost ? ended() : age() > leaseMs ? late(age()) : null),
    },
  }
}

export function ended(): NotSent {
  return new NotSent('retry', 'nothing was sent: the lease has ended, and another process has the delivery')
}

/** Another process may have carried it out meanwhile, so the next attempt looks first. */
function late(ms: number): NotSent {
  return new NotSent(
    'in doubt',
    `nothing was sent: the relay stood still for ${Math.round(ms / 1000)} s; it looks first`,
  )
}

function cannotAsk(error: unknown): never {
  const why = error instanceof Error ? error.message : String(error)
  throw new NotSent('retry', `nothing was sent: the store could not be asked whether the lease still holds (${why})`, {
    cause: error,
  })
}
