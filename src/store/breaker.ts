/**
 * An integration's circuit breaker. It is open while the target is down, over its limit, or rejects our credentials:
 * nothing is sent then, except one delivery from time to time as a probe.
 */
export type Breaker =
  | {
      readonly state: 'closed'
      readonly failures: number
      readonly recoveredAt: number
      /** The only delivery that these failures are of; absent if there are none, or of several. */
      readonly only?: number
    }
  | {
      readonly state: 'open'
      /** When a probe may go out, milliseconds since 1970. */
      readonly until: number
      /** When that was decided, by the same clock. Absent in what earlier releases stored. */
      readonly since?: number
      /** How often it has opened in a row; the waits grow with it. */
      readonly openings: number
      readonly reason: string
      /** The only delivery that has failed: others may still find out whether the target is down or it is at fault. */
      readonly only?: number
      /**
       * What came last was the latest probe, and failed: now it is the turn of what failed before. Absent: what came last is
       * the next probe.
       */
      readonly oldest?: 'at once' | 'next'
    }

export const BREAKER_STATES: readonly Breaker['state'][] = ['closed', 'open']

/** By another clock, or after a clock was set. A time that is not known stays so. */
export function movedBy(breaker: Breaker, byMs: number): Breaker {
  if (byMs === 0) return breaker
  if (breaker.state === 'closed')
    return breaker.recoveredAt === 0 ? breaker : { ...breaker, recoveredAt: breaker.recoveredAt + byMs }
  const { until, since } = breaker
  return { ...breaker, until: until + byMs, ...(since === undefined ? {} : { since: since + byMs }) }
}
