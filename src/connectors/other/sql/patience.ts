import { DeliveryError } from '../../contract/delivery-error.ts'

/** The server ends what takes too long; this is for its answer to come in. */
const MARGIN_MS = 5000

/** How long a server of which nothing is heard is waited for, in milliseconds. */
export function patienceMs(timeoutSeconds: number): number {
  return timeoutSeconds * 1000 + MARGIN_MS
}

/**
 * Waits for a server that may never answer: one that was switched off, or is behind a firewall that forgot the
 * connection, leaves it open for ever.
 * @throws {DeliveryError} when the time is up; the connection is cut, so that nothing goes on waiting for it
 */
export async function inTime<T>(work: Promise<T>, timeoutSeconds: number, cut: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(silence(timeoutSeconds))
      cut()
    }, patienceMs(timeoutSeconds))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Nothing was heard of the server for as long as it is waited for. */
export function silence(timeoutSeconds: number, cause?: unknown): DeliveryError {
  const message = `the database does not answer: check that it runs, and raise source.database.timeout_seconds, which is ${timeoutSeconds}, if it is only slow`
  return new DeliveryError('retry', message, { targetDown: true, cause })
}
