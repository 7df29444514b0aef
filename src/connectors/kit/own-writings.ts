import type { Job } from '../contract/connector.ts'

/** What our own account wrote, as the target shows it. */
export interface Written {
  readonly id: string
  /** Milliseconds since 1970, by the target's clock; null if it cannot be read. */
  readonly createdAt: number | null
}

/** Some of the writings, in any order; each page goes further back. */
export interface WritingsPage<W extends Written> {
  readonly writings: readonly W[]
  /** True if the target has, or may have, older ones. */
  readonly hasOlder: boolean
  /** Nothing older was asked for. */
  readonly from?: Date
  /** The target's time. */
  readonly clock: Date | null
}

export interface Sought<W extends Written> {
  /** Whether these are the words, by our own account. */
  isIt(each: W): boolean
  /** @param clock the target's time */
  notBefore(clock: Date | null): Date
  readonly receipted: Job['receipted']
}

/**
 * Looks for what an attempt wrote, page by page, back to the attempt. The same words that another attempt sent on purpose
 * are told apart by the id in its receipt.
 * @returns 'absent' only if the pages go back to before the attempt and each of their times can be read
 */
export async function findWriting<W extends Written>(
  pages: AsyncIterable<WritingsPage<W>>,
  sought: Sought<W>,
): Promise<W | 'absent' | 'cannot tell'> {
  let isSure = true
  for await (const page of pages) {
    const { writings } = page
    const earliest = sought.notBefore(page.clock)
    const found = await ownOf(writings, earliest.getTime(), sought)
    if (found !== null) return found
    if (writings.some(({ createdAt }) => createdAt === null)) isSure = false
    if (goesBackTo(page, earliest)) return isSure ? 'absent' : 'cannot tell'
  }
  return 'cannot tell'
}

async function ownOf<W extends Written>(
  writings: readonly W[],
  earliest: number,
  { isIt, receipted }: Sought<W>,
): Promise<W | null> {
  const candidates = writings.filter((each) => each.createdAt !== null && each.createdAt >= earliest && isIt(each))
  if (candidates.length === 0) return null
  const others = await receipted(candidates.map(({ id }) => id))
  return candidates.find(({ id }) => !others.has(id)) ?? null
}

function goesBackTo({ writings, hasOlder, from }: WritingsPage<Written>, time: Date): boolean {
  if (from !== undefined && from > time) return false
  return !hasOlder || writings.some(({ createdAt }) => createdAt !== null && createdAt < time.getTime())
}
