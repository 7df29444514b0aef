import type { AdminApi, Query } from './admin-api.ts'
import { wholeNumber } from './environment.ts'
import { complain } from './print.ts'
import { screenFor } from './terminal/screen.ts'
import { showList } from './terminal/show.ts'
import type { Column } from './terminal/table.ts'
import { UsageError } from './usage-error.ts'

export interface ListOptions {
  /** How many at most. Without it, all of them. */
  readonly limit?: string
  readonly all?: boolean
  readonly json?: boolean
}

interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

const LARGEST_PAGE = 200

/**
 * Shows a list of the API, page by page, up to the limit.
 * @param isEmpty called before it is said that nothing was found, to say better what is wrong
 */
export async function showPages<T>(
  api: AdminApi,
  path: string,
  query: Query,
  options: ListOptions,
  columns: readonly Column<T>[],
  isEmpty?: () => Promise<void>,
): Promise<void> {
  const limit = limitOf(options)
  const screen = screenFor(options)
  const items: T[] = []
  let count = 0
  let isMore = false
  for await (const page of pagesOf<T>(api, path, query, limit)) {
    count += page.items.length
    isMore = page.isMore
    // A table is as wide as its longest cells; lines of JSON need not wait for it.
    if (screen === null) await showList(page.items, screen, columns)
    else items.push(...page.items)
  }
  if (count === 0) await isEmpty?.()
  if (screen !== null) await showList(items, screen, columns)
  if (isMore) complain(`these are the first ${count}; --limit or --all shows more`)
}

/** Everything in a list of the API. */
export async function allOf<T>(api: AdminApi, path: string, query: Query): Promise<readonly T[]> {
  const items: T[] = []
  for await (const page of pagesOf<T>(api, path, query, Number.POSITIVE_INFINITY)) items.push(...page.items)
  return items
}

async function* pagesOf<T>(
  api: AdminApi,
  path: string,
  query: Query,
  limit: number,
): AsyncGenerator<{ readonly items: readonly T[]; readonly isMore: boolean }> {
  let cursor: string | undefined
  for (let left = limit; left > 0; ) {
    const { items, next } = await api.get<Page<T>>(path, { ...query, limit: Math.min(left, LARGEST_PAGE), cursor })
    left -= items.length
    yield { items, isMore: next !== null }
    if (next === null) return
    cursor = next
  }
}

function limitOf({ limit, all }: ListOptions): number {
  if (all === true || limit === undefined) return Number.POSITIVE_INFINITY
  const count = wholeNumber(limit, '--limit')
  if (count === 0) throw new UsageError('--limit must be at least 1')
  return count
}
