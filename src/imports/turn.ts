import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Duty } from '../store/duties.ts'
import { StoreError } from '../store/store-error.ts'

/** Of the store, which all instances share. */
export interface Turns {
  claimDuty(duty: Duty): Promise<boolean>
  releaseDuty(duty: Pick<Duty, 'name' | 'holder'>): Promise<void>
}

/** Whoever has not extended its turn for so long has died. */
const ENDS_AFTER_MS = 60_000
const EXTENDED_EACH_MS = 20_000
const ASK_AGAIN_MS = 500

/**
 * Waits until no other instance reads the source: each keeps a list of its own, and several that read thousands of tickets
 * at once would take up what the source allows. If the store cannot tell whose turn it is, the source is read all the same.
 * @returns ends the turn
 * @throws {StoreError} if the relay is stopping
 */
export async function takeTurn(
  integration: string,
  { turns, now }: { readonly turns: Turns; now(): number },
  signal: AbortSignal,
): Promise<() => void> {
  const duty = { name: `import ${integration}`, holder: randomBytes(12).toString('hex') }
  const claim = (): Promise<boolean> => turns.claimDuty({ ...duty, now: now(), forMs: ENDS_AFTER_MS })
  while (!(await claim().catch(isOursAllTheSame))) await setTimeout(ASK_AGAIN_MS, undefined, { signal })
  const extension = setInterval(() => void claim().catch(() => {}), EXTENDED_EACH_MS).unref()
  return () => {
    clearInterval(extension)
    // If this fails, the others wait until the turn is over by itself.
    turns.releaseDuty(duty).catch(() => {})
  }
}

function isOursAllTheSame(error: unknown): true {
  if (error instanceof StoreError && error.reason === 'stopping') throw error
  return true
}
