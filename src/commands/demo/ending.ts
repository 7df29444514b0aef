import type { Delivery } from '../../store/delivery.ts'
import type { Attempt } from '../../store/list.ts'
import type { Ending, Expected } from './expected.ts'

/** A delivery with all that was tried for it. */
export interface Tried {
  readonly delivery: Delivery
  readonly attempts: readonly Attempt[]
}

/** How a delivery has ended, by the relay's books; `open`: not yet, `skipped`: for a reason that the demo does not know. */
export type Ended = Ending | 'open' | 'skipped'

export function endOf({ state, note }: Delivery): Ended {
  if (state === 'dead') return 'dead'
  if (state === 'delivered') return note?.includes('the comment alone') === true ? 'in part' : 'delivered'
  if (state !== 'skipped') return 'open'
  if (note?.startsWith('superseded') === true) return 'superseded'
  if (note?.startsWith('too late') === true) return 'too late'
  return note?.startsWith('not linked') === true ? 'not linked' : 'skipped'
}

const WORDS: Readonly<Record<Ended, string>> = {
  delivered: 'delivered',
  'not linked': 'skipped as not linked',
  superseded: 'superseded',
  dead: 'given up',
  'in part': 'delivered in part',
  'too late': 'skipped as too late',
  open: 'open',
  skipped: 'skipped',
}

/** A sentence for each way in which deliveries have ended otherwise than they should; those still open are told apart. */
export function wrongEndings(expected: readonly Expected[], tried: ReadonlyMap<string, Tried>): string[] {
  const counts = new Map<string, number>()
  for (const { key, end } of expected) {
    const found = tried.get(key)
    const ended = found === undefined ? 'open' : endOf(found.delivery)
    if (ended === end || ended === 'open') continue
    const sentence = `of its deliveries ${WORDS[ended]}, not ${WORDS[end]}`
    counts.set(sentence, (counts.get(sentence) ?? 0) + 1)
  }
  return [...counts].map(([sentence, count]) => `${count} ${sentence}`)
}

/** True when the answer of a try was lost and the delivery was found at the target. */
export function wasFound({ attempts }: Tried): boolean {
  return attempts.some(({ outcome }) => outcome === 'confirmed')
}

/** The tries after which the whole integration was held back. */
export function holdsOf({ attempts }: Tried): number {
  return attempts.filter(({ outcome }) => outcome === 'hold').length
}
