import { setTimeout as sleep } from 'node:timers/promises'

/** Far beyond what a loaded machine needs: what takes longer will never happen. */
const PATIENCE_MS = 90_000

/**
 * Asks again and again until the condition holds.
 * @param holds may tell how much is left in place of whether it holds; as long as that changes, there is time
 */
export async function eventually(
  holds: () => boolean | number | Promise<boolean | number>,
  what: string,
): Promise<void> {
  let end = Date.now() + PATIENCE_MS
  let before: boolean | number | null = null
  for (;;) {
    const told = await holds()
    if (told === true || told === 0) return
    if (told !== before) end = Date.now() + PATIENCE_MS
    before = told
    if (Date.now() > end)
      throw new Error(`it never came to this: ${what}${told === false ? '' : ` (${told} are left)`}`)
    await sleep(10)
  }
}
