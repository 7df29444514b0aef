/** The tool's API gave no usable answer. The message is one sentence for the operator, without secrets. */
export class SourceApiError extends Error {
  /** How long it asks us to wait; null if it did not say. */
  readonly retryAfterMs: number | null

  constructor(message: string, { retryAfterMs = null, cause }: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'SourceApiError'
    this.retryAfterMs = retryAfterMs
  }
}
