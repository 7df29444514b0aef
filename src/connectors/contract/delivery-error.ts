/**
 * What an error means for the delivery:
 * - `retry`: it may work later, and it is this delivery's own trouble: counts as an attempt
 * - `hold`: the target is down, over its limit or rejects our credentials; the integration waits, no attempt is used up
 * - `pause`: nothing will work until a person has changed something (410, a login that must not be tried again)
 * - `dead`: this delivery will never succeed
 * - `in doubt`: it may have happened; look before it is repeated
 */
export type Verdict = 'retry' | 'hold' | 'pause' | 'dead' | 'in doubt'

/** Carries the decision, so that nobody has to read the message. The message is one sentence for the operator. */
export class DeliveryError extends Error {
  readonly verdict: Verdict
  /** The target's wish, in milliseconds from now; null when it has none. */
  readonly retryAfterMs: number | null
  readonly status: number | null
  /** True when the error says something about the target as a whole, not about this delivery: the breaker counts it. */
  readonly targetDown: boolean
  /** The setting to mend, with dots for what is inside; null for none in particular. */
  readonly setting: string | null

  constructor(
    verdict: Verdict,
    message: string,
    details: {
      retryAfterMs?: number | null
      status?: number | null
      targetDown?: boolean
      setting?: string | null
      cause?: unknown
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'DeliveryError'
    this.verdict = verdict
    this.retryAfterMs = details.retryAfterMs ?? null
    this.status = details.status ?? null
    this.targetDown = details.targetDown ?? false
    this.setting = details.setting ?? null
  }
}
