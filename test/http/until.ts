import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition, not for a time. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > end) throw new Error(`it never came to this: ${what}`)
    await sleep(5)
  }
}
