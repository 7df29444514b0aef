/**
 * Keeps requests apart: each caller waits until its turn. Lighthouse has an unwritten limit (clients meet 429 above some
 * 100 requests a minute), so the default of one request a second stays well below it.
 * @param now milliseconds on a clock that never goes back
 */
export function createPace(
  intervalMs: number,
  now: () => number,
  pause: (ms: number) => Promise<void>,
): () => Promise<void> {
  let free = Number.NEGATIVE_INFINITY
  return async () => {
    const at = now()
    const turn = Math.max(at, free)
    free = turn + intervalMs
    if (turn > at) await pause(turn - at)
  }
}
