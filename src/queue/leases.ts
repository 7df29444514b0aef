import type { Fence } from '../http/attempt.ts'
import type { Taken } from '../store/delivery.ts'
import type { UnderWay } from '../store/take.ts'
import { createAbandoned } from './abandoned.ts'
import type { Doubt } from './doubts-first.ts'
import { createLease, type Lease, type Moment } from './lease.ts'

export interface LeasesStore {
  extend(taken: readonly Pick<Taken, 'id' | 'token'>[], until: number, now: number): Promise<readonly number[]>
  underWay(integration: string, except: readonly number[]): Promise<readonly UnderWay[]>
}

interface LeasesParts {
  readonly integration: string
  readonly store: LeasesStore
  readonly leaseMs: number
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
}

export interface Leases {
  /** To be asked before a take: what processes that died have left. */
  abandoned(): Promise<readonly UnderWay[]>
  /** How many others are carrying out. */
  ofOthers(): Promise<number>
  /** When what another process is carrying out may be asked about: when that process has gone. */
  doubtNow(doubt: Doubt | null): Doubt | null
  moment(): Moment
  /** @param from when the take began */
  hold(taken: readonly Taken[], from: Moment): void
  fenceOf(delivery: Taken): Fence | null
  release(delivery: Taken): void
  /** To be called three times in the length of a lease, so that one late extension does not lose it. */
  extend(): Promise<void>
}

/** The leases of one integration: our own, and what becomes of those of others. */
export function createLeases({ integration, store, leaseMs, now, steady }: LeasesParts): Leases {
  const held = new Map<number, { readonly delivery: Taken; readonly lease: Lease }>()
  const { among } = createAbandoned(leaseMs, steady)
  const lookAgainMs = leaseMs / 10
  let left: readonly UnderWay[] = []
  let lookedAt = Number.NEGATIVE_INFINITY
  const moment = (): Moment => ({ time: now(), steady: steady() })

  return {
    async abandoned() {
      if (steady() - lookedAt < lookAgainMs) return left
      lookedAt = steady()
      left = among(await store.underWay(integration, [...held.keys()]))
      return left
    },
    async ofOthers() {
      const underWay = await store.underWay(integration, [...held.keys()])
      return underWay.filter(({ id }) => left.every((each) => each.id !== id)).length
    },
    doubtNow(doubt) {
      if (doubt === null || !doubt.isUnderWay) return doubt
      const isLeft = left.some(({ id }) => id === doubt.id)
      return { ...doubt, dueAt: isLeft ? now() : now() + lookAgainMs }
    },
    moment,
    hold(taken, from) {
      for (const delivery of taken) {
        const extend = async (): Promise<boolean> => {
          const at = now()
          return (await store.extend([delivery], at + leaseMs, at)).length > 0
        }
        held.set(delivery.id, { delivery, lease: createLease({ leaseMs, now, steady, extend }, from) })
      }
    },
    fenceOf: ({ id }) => held.get(id)?.lease.fence ?? null,
    release({ id }) {
      held.delete(id)
    },
    async extend() {
      const all = [...held.values()]
      if (all.length === 0) return
      const from = moment()
      const taken = all.map(({ delivery }) => delivery)
      const ours = new Set(await store.extend(taken, from.time + leaseMs, from.time))
      for (const { delivery, lease } of all) lease.extended(ours.has(delivery.id), from)
    },
  }
}
