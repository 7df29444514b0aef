/**
 * Each caller waits for its turn. Lighthouse has an undocumented limit (clients meet 429 above some 100 requests a
 * minute); the default of one request a second stays below it.
 * @param now milliseconds on a monotonic clock
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
