import type { UnderWay } from '../store/take.ts'

export interface Abandoned {
  /** @param underWay all that others carry out @returns those whose process has gone */
  among(underWay: readonly UnderWay[]): readonly UnderWay[]
}

/**
 * Recognises what a process that died has left: a living one extends its leases three times in their length, so one that
 * has stood unchanged for that length is abandoned. No two clocks are compared: that of another process may be ahead.
 * @param steady milliseconds of a clock that nobody sets
 */
export function createAbandoned(leaseMs: number, steady: () => number): Abandoned {
  let seen = new Map<number, { readonly lease: UnderWay; readonly since: number }>()
  return {
    among(underWay) {
      const now = steady()
      seen = new Map(
        underWay.map((lease) => {
          const before = seen.get(lease.id)
          const isSame = before?.lease.token === lease.token && before.lease.dueAt === lease.dueAt
          return [lease.id, isSame ? before : { lease, since: now }]
        }),
      )
      return [...seen.values()].filter(({ since }) => now - since >= leaseMs).map(({ lease }) => lease)
    },
  }
}
