import { TrackerApiError } from './api-error.ts'

/** Tracker never published its limits; a person's use stays far below these. */
const AT_ONCE = 4
const PER_MINUTE = 120
const BURST = 20
const INTERVAL_MS = 60_000 / PER_MINUTE

const FIRST_REST_MS = 1000
const LONGEST_REST_MS = 60_000

/**
 * Limits the questions to one API: a few at once, not too many in a minute, and none while the API is down or asked us to
 * wait. During that time each question fails at once with the error that the API had.
 * @param now milliseconds of a clock that nobody sets
 */
export function createGate(now: () => number, pause: (ms: number) => Promise<void>) {
  const line: (() => void)[] = []
  let running = 0
  /** When the pace of all questions so far would have let the next one through (generic cell rate algorithm). */
  let paced = 0
  let failures = 0
  let rest: { readonly until: number; readonly error: TrackerApiError } | null = null

  async function enter(): Promise<void> {
    if (running < AT_ONCE) running += 1
    else await new Promise<void>((resolve) => line.push(resolve))
  }

  function leave(): void {
    const next = line.shift()
    if (next === undefined) running -= 1
    else next()
  }

  async function pace(): Promise<void> {
    const at = now()
    paced = Math.max(paced, at)
    const wait = paced - (BURST - 1) * INTERVAL_MS - at
    paced += INTERVAL_MS
    if (wait > 0) await pause(wait)
  }

  /** @throws {TrackerApiError} during a rest */
  function examine(): void {
    if (rest === null || now() >= rest.until) return
    const { error, until } = rest
    throw new TrackerApiError(error.reason, error.message, {
      status: error.status,
      retryAfterMs: until - now(),
      cause: error,
    })
  }

  function learn(error: TrackerApiError): void {
    if (error.reason !== 'down' && error.reason !== 'limited') return
    // Questions that were asked together fail together; they count once.
    if (rest !== null && now() < rest.until) return
    failures += 1
    const ms = error.retryAfterMs ?? Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (failures - 1))
    rest = { until: now() + ms, error }
  }

  return async <T>(question: () => Promise<T>): Promise<T> => {
    examine()
    await enter()
    try {
      examine()
      await pace()
      const answer = await question()
      failures = 0
      rest = null
      return answer
    } catch (error) {
      if (error instanceof TrackerApiError && error !== rest?.error) learn(error)
      throw error
    } finally {
      leave()
    }
  }
}
