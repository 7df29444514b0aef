/**
 * Why there is no list of tickets. The message is one sentence for the client, without secrets.
 * - `source`: the tickets could not be read
 * - `slow`: the source has not answered yet
 * - `store`: the database cannot tell which tickets are linked
 * - `stopping`: the relay is stopping, or the integration's settings have changed
 */
export class ImportError extends Error {
  readonly reason: 'source' | 'slow' | 'store' | 'stopping'
  /** Null if unknown. */
  readonly retryAfterMs: number | null

  constructor(reason: ImportError['reason'], message: string, retryAfterMs: number | null = null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ImportError'
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}
