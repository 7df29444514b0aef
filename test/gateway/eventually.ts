import { setTimeout as sleep } from 'node:timers/promises'

/** Generous, since a loaded machine is slow; only a test that fails waits so long. In milliseconds. */
const LONGEST_WAIT_MS = 40_000
const LEAST_BETWEEN_MS = 10
const MOST_SHOWN = 5000

/**
 * Looks again and again until what it reads is as wanted, and returns that. As long as it changes within the longest wait,
 * it goes on.
 */
export async function eventually<T>(
  read: () => Promise<T> | T,
  wanted: (value: T) => boolean,
  what: string,
): Promise<T> {
  let end = performance.now() + LONGEST_WAIT_MS
  let before = ''
  for (;;) {
    const beganAt = performance.now()
    const value = await read()
    if (wanted(value)) return value
    const now = performance.now()
    if (now > end) {
      const shown = JSON.stringify(value) ?? ''
      if (shown === before)
        throw new Error(`it never came to this: ${what}; the last look: ${shown.slice(0, MOST_SHOWN)}`)
      before = shown
      end = now + LONGEST_WAIT_MS
    }
    // Looking must not take the processor from what it waits for.
    await sleep(Math.max(LEAST_BETWEEN_MS, 4 * (now - beganAt)))
  }
}
