import { setTimeout as sleep } from 'node:timers/promises'

/** Generous, since a loaded machine is slow; only a test that fails waits so long. In milliseconds. */
const LONGEST_WAIT_MS = 40_000

/** Looks again and again until what it reads is as wanted, and returns that. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  wanted: (value: T) => boolean,
  what: string,
): Promise<T> {
  const end = Date.now() + LONGEST_WAIT_MS
  for (;;) {
    const value = await read()
    if (wanted(value)) return value
    if (Date.now() > end) throw new Error(`it never came to this: ${what}; the last look: ${JSON.stringify(value)}`)
    await sleep(10)
  }
}
