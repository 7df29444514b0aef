/**
 * Tracker's API gave no usable answer. The message is one sentence for the operator, without secrets.
 * - `down`: no answer, or a server error
 * - `limited`: too many requests, or it asks us to wait
 * - `denied`: it rejects the token
 * - `wrong answer`: it does not answer like Tracker's API
 */
export class TrackerApiError extends Error {
  readonly reason: 'down' | 'limited' | 'denied' | 'wrong answer'
  readonly status: number | null
  /** Null if the API did not say. */
  readonly retryAfterMs: number | null

  constructor(
    reason: TrackerApiError['reason'],
    message: string,
    details: { status?: number | null; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'TrackerApiError'
    this.reason = reason
    this.status = details.status ?? null
    this.retryAfterMs = details.retryAfterMs ?? null
  }
}
