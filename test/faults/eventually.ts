import { setTimeout as sleep } from 'node:timers/promises'

/** Far beyond what a loaded machine needs: what takes longer will never happen. */
const PATIENCE_MS = 90_000

/** Asks again and again until the condition holds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it never came to this: ${what}`)
    await sleep(10)
  }
}
