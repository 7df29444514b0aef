/**
 * What an error means for the delivery:
 * - `retry`: this delivery failed and may succeed later; it counts as an attempt
 * - `hold`: the target is down, over its rate limit or rejects the credentials; the integration waits, no attempt is used up
 * - `pause`: nothing will work until a person changes something (410, a login that must not be tried again)
 * - `dead`: this delivery will never succeed
 * - `skip`: what it is about is over, so there is nothing to write and nothing for a person to do (a ticket that was closed for good)
 * - `in doubt`: it may have happened; the target is asked before it is repeated
 */
export type Verdict = 'retry' | 'hold' | 'pause' | 'dead' | 'skip' | 'in doubt'

/** Carries the decision, so that nobody has to parse the message, which is one sentence for the operator. */
export class DeliveryError extends Error {
  readonly verdict: Verdict
  /** How long the target asks to wait, from now. */
  readonly retryAfterMs: number | null
  readonly status: number | null
  /** True if the error is about the target as a whole, not about this delivery: the circuit breaker counts it. */
  readonly targetDown: boolean
  /** The setting to correct, with dots for nested ones. */
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
