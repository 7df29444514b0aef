/**
 * Why there is no list of tickets; the message is one sentence for whoever asked, without secrets.
 * - `source`: the tickets could not be read
 * - `slow`: the source has not answered yet
 * - `store`: it cannot be found out which of them are linked
 * - `stopping`: the relay ends, or the integration has got other settings
 */
export class ImportError extends Error {
  readonly reason: 'source' | 'slow' | 'store' | 'stopping'
  /** When to ask again, in milliseconds from now; null when that is anybody's guess. */
  readonly retryAfterMs: number | null

  constructor(reason: ImportError['reason'], message: string, retryAfterMs: number | null = null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ImportError'
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}
