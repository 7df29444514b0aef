import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'

/** Tracker's import panel gives up after 60 s, so no single wait may take most of that. */
const LONGEST_WAIT_MS = 20_000
const TRIES = 4
const FIRST_BACK_OFF_MS = 250
const BACK_OFF_FACTOR = 3

export type ReadAgainTools = Pick<Tools, 'log' | 'pause' | 'random'>

/**
 * Reads a page of a source, and again when that may help: no answer, trouble of the server, a limit that asks for a
 * short wait. Rejected credentials and refusals are not tried again.
 * @throws {DeliveryError} of the last try
 */
export async function readAgain<T>(tools: ReadAgainTools, read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await read()
    } catch (error) {
      if (attempt === TRIES || !isWorthAnotherTry(error)) throw error
      tools.log.debug({ attempt, reason: error.message }, 'reading again')
      const backOffMs = FIRST_BACK_OFF_MS * BACK_OFF_FACTOR ** (attempt - 1) * (1 + tools.random())
      await tools.pause((error.retryAfterMs ?? 0) + backOffMs)
    }
}

function isWorthAnotherTry(error: unknown): error is DeliveryError {
  if (!(error instanceof DeliveryError)) return false
  const { verdict, retryAfterMs } = error
  if (retryAfterMs !== null && retryAfterMs > LONGEST_WAIT_MS) return false
  return verdict === 'retry' || verdict === 'in doubt' || (verdict === 'hold' && retryAfterMs !== null)
}

/**
 * Reads pages side by side and hands them on in their order. At most `width` are read or kept at a time.
 * @param more ends the reading: called with each page, in order; what was read beyond the last page is dropped
 */
export async function* pagesInOrder<T>(
  read: (page: number) => Promise<T>,
  more: (page: T, number: number) => boolean,
  width: number,
): AsyncGenerator<T> {
  const ahead: Promise<T>[] = []
  for (let next = 0, number = 0; ; number += 1) {
    // The first page is read alone: it tells whether the source answers at all, and mostly it is the only one.
    while (ahead.length < (number === 0 ? 1 : width)) {
      const reading = read(next++)
      reading.catch(() => {})
      ahead.push(reading)
    }
    const first = ahead.shift()
    if (first === undefined) return
    const page = await first
    yield page
    if (!more(page, number)) return
  }
}
