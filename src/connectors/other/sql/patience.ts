import { DeliveryError } from '../../contract/delivery-error.ts'

/** The server itself ends a slow query; this is for its answer to arrive. */
const MARGIN_MS = 5000

export function patienceMs(timeoutSeconds: number): number {
  return timeoutSeconds * 1000 + MARGIN_MS
}

/**
 * A server that was switched off, or is behind a firewall that dropped the connection, never answers.
 * @throws {DeliveryError} when the time is up; the connection is then cut, so that nothing keeps waiting for it
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

export function silence(timeoutSeconds: number, cause?: unknown): DeliveryError {
  const message = `the database does not answer: check that it runs; if it is only slow, raise source.database.timeout_seconds (now ${timeoutSeconds})`
  return new DeliveryError('retry', message, { targetDown: true, cause })
}
