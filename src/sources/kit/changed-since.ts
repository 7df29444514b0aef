import { textOf, type Values } from '../../tracker/json-values.ts'
import { timeIn } from './time-in.ts'

export interface Changed {
  readonly value: Values
  /** When it was changed last, in milliseconds since 1970: all that was changed before then has been yielded. */
  readonly at: number
}

/** Of a list that is sorted by the time of the last change, the oldest first. */
interface Page {
  readonly values: readonly Values[]
  /** What the list calls its next page; null at the end. */
  readonly next: string | null
}

/** Times may have only seconds, and a list may show only what is newer than the time that it is asked for. */
const SAME_MS = 1000

/**
 * What was changed since a time, as it is now, in the order of the changes; what changes meanwhile comes again. It goes to
 * the end of the list and the others move up, so pages by number would skip some: the next page is asked for by time, and by
 * the list's own next page only where one time fills a page.
 * @param ask a page of what was changed after a time, or the page that is called so
 * @param changed the name of the time in each thing
 */
export async function* changedSince(
  ask: (from: Date | string) => Promise<Page>,
  since: Date,
  changed: string,
): AsyncGenerator<Changed> {
  let at = since.getTime()
  let from = at - SAME_MS
  let page = await ask(new Date(from))
  let shown = new Set<string>()
  for (;;) {
    for (const value of page.values) {
      const version = `${textOf(value.id)} ${textOf(value[changed])}`
      if (shown.has(version)) continue
      shown.add(version)
      at = Math.max(at, timeIn(value[changed]) ?? at)
      yield { value, at }
    }
    if (page.next === null) return
    if (at - SAME_MS > from) {
      from = at - SAME_MS
      // The next page begins within this one.
      shown = new Set(page.values.map((value) => `${textOf(value.id)} ${textOf(value[changed])}`))
      page = await ask(new Date(from))
    } else page = await ask(page.next)
  }
}

/** Several such lists as one. Of what was changed at once, that of the earlier list comes first. */
export async function* inOneOrder<T extends { readonly at: number }>(
  lists: readonly AsyncIterable<T>[],
): AsyncGenerator<T> {
  const open = lists.map((list) => list[Symbol.asyncIterator]())
  const heads = await Promise.all(open.map((each) => each.next()))
  try {
    for (;;) {
      let first: number | null = null
      let found: T | null = null
      for (const [index, { done, value }] of heads.entries())
        if (done !== true && (found === null || value.at < found.at)) [first, found] = [index, value]
      if (first === null || found === null) return
      yield found
      const next = await open[first]?.next()
      if (next !== undefined) heads[first] = next
    }
  } finally {
    await Promise.all(open.map((each) => each.return?.()))
  }
}
