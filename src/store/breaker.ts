/**
 * An integration's circuit breaker. It is open while the target is down, over its limit, or rejects our credentials:
 * nothing is sent then, except one delivery from time to time as a probe.
 */
export type Breaker =
  | { readonly state: 'closed'; readonly failures: number; readonly recoveredAt: number }
  | {
      readonly state: 'open'
      /** When a probe may go out, milliseconds since 1970. */
      readonly until: number
      /** How often it has opened in a row; the waits grow with it. */
      readonly openings: number
      readonly reason: string
    }

export const BREAKER_STATES: readonly Breaker['state'][] = ['closed', 'open']
