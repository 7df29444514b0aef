/**
 * What was asked for cannot be done, and nothing was changed; the message says why, and what to do.
 * - `unknown`: it is about something that does not exist
 * - `conflict`: it does not fit the present state
 * - `invalid`: it could never be done
 */
export class OperationError extends Error {
  readonly reason: 'unknown' | 'conflict' | 'invalid'
  constructor(reason: OperationError['reason'], message: string) {
    super(message)
    this.name = 'OperationError'
    this.reason = reason
  }
}
