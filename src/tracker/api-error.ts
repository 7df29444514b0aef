/**
 * Tracker's API could not tell. The message is one sentence for the operator and holds no secret.
 * - `down`: no answer, or that of a server in trouble
 * - `limited`: too many requests, or it asks to wait
 * - `denied`: it rejects the token
 * - `wrong answer`: whatever is at that address, it is not the API as we know it
 */
export class TrackerApiError extends Error {
  readonly reason: 'down' | 'limited' | 'denied' | 'wrong answer'
  readonly status: number | null
  /** When to ask again, milliseconds from now; null when nobody said. */
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
