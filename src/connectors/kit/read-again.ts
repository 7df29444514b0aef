import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'

/** Tracker's import panel gives up after 60 s. */
const LONGEST_WAIT_MS = 20_000
const TRIES = 4
const FIRST_BACK_OFF_MS = 250
const BACK_OFF_FACTOR = 3

export interface ReadAgainTools extends Pick<Tools, 'log' | 'pause' | 'random'> {
  readonly signal?: AbortSignal
}

/**
 * Reads, and tries again after no answer, a server error, or a rate limit that asks for a short wait. Rejected
 * credentials and refusals are not tried again, and nothing is read once the signal is aborted.
 * @throws {DeliveryError} of the last try
 */
export async function readAgain<T>(tools: ReadAgainTools, read: () => Promise<T>): Promise<T> {
  const { signal } = tools
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted()
    try {
      return await read()
    } catch (error) {
      if (attempt === TRIES || signal?.aborted === true || !isWorthAnotherTry(error)) throw error
      tools.log.debug({ attempt, reason: error.message }, 'reading again')
      const backOffMs = FIRST_BACK_OFF_MS * BACK_OFF_FACTOR ** (attempt - 1) * (1 + tools.random())
      await tools.pause((error.retryAfterMs ?? 0) + backOffMs, signal)
    }
  }
}

function isWorthAnotherTry(error: unknown): error is DeliveryError {
  if (!(error instanceof DeliveryError)) return false
  const { verdict, retryAfterMs, targetDown } = error
  if (retryAfterMs !== null && retryAfterMs > LONGEST_WAIT_MS) return false
  return verdict === 'retry' || verdict === 'in doubt' || (verdict === 'hold' && (retryAfterMs !== null || targetDown))
}
