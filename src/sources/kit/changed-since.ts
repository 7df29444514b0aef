import { textOf, type Values } from '../../tracker/json-values.ts'
import type { RestPage } from './rest-api.ts'
import { timeIn } from './time-in.ts'

export interface Changed {
  readonly values: readonly Values[]
  /** When the last of them was changed, in milliseconds since 1970, if there are more; else null. */
  readonly upTo: number | null
}

/** Times have seconds, and a list may show only what is newer than the one that it is asked for. */
const SAME_MS = 1000

/**
 * What was changed since a time, each thing once, as it is. The list is sorted by `updated_at`, the oldest first. What changes
 * meanwhile goes to its end, and the others move up, so pages by number would skip some: the next page is asked for by time,
 * and by the list's own next page only where one time fills a page.
 * @param ask one page of what was changed after a time, or the page of this query
 * @param most how many are enough
 */
export async function changedSince(
  ask: (from: Date | string) => Promise<RestPage>,
  since: Date,
  most: number,
): Promise<Changed> {
  const found = new Map<string, Values>()
  let from = since.getTime() - SAME_MS
  let page = await ask(new Date(from))
  for (;;) {
    for (const each of page.values) {
      const id = textOf(each.id)
      if (id === null) continue
      found.delete(id)
      found.set(id, each)
    }
    if (page.next === null) return { values: [...found.values()], upTo: null }
    const last = timeIn(page.values.at(-1)?.updated_at)
    if (last !== null && found.size >= most) return { values: [...found.values()], upTo: last }
    if (last !== null && last - SAME_MS > from) {
      from = last - SAME_MS
      page = await ask(new Date(from))
    } else page = await ask(page.next)
  }
}
