import type { ReadAgainTools } from './read-again.ts'

/**
 * Gives the pages until the reader stops. A page that is read ahead is then not tried again, because the client may be
 * closed next.
 */
export async function* untilReaderStops<T>(
  tools: ReadAgainTools,
  pages: (tools: ReadAgainTools) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const reader = new AbortController()
  try {
    yield* pages({ ...tools, signal: reader.signal })
  } finally {
    reader.abort()
  }
}

/**
 * Reads pages side by side and gives them in order. At most `width` are read or kept at a time.
 * @param more called with each page, in order; what was read beyond the last page is dropped
 */
export async function* pagesInOrder<T>(
  read: (page: number) => Promise<T>,
  more: (page: T, number: number) => boolean,
  width: number,
): AsyncGenerator<T> {
  const ahead: Promise<T>[] = []
  for (let next = 0, number = 0; ; number += 1) {
    // The first page is read alone: it shows whether the source answers at all, and is mostly the only one.
    while (ahead.length < (number === 0 ? 1 : width)) {
      const reading = read(next++)
      reading.catch(() => {})
      ahead.push(reading)
    }
    const first = ahead.shift()
    if (first === undefined) return
    const page = await first
    yield page
    if (!more(page, number)) return
  }
}

/** Reads pages that each name the next one, and the next one while a page is worked on. */
export async function* pagesByCursor<T>(
  read: (cursor: string | null) => Promise<T>,
  nextOf: (page: T) => string | null,
): AsyncGenerator<T> {
  let reading: Promise<T> | null = read(null)
  while (reading !== null) {
    const page: T = await reading
    const next = nextOf(page)
    reading = next === null ? null : read(next)
    reading?.catch(() => {})
    yield page
  }
}

/**
 * Drops what the page before had too: if pages are counted by position, a ticket added at the front moves the last one
 * of each page into the next.
 */
export async function* withoutRepeats<T>(
  pages: AsyncIterable<readonly T[]>,
  idOf: (each: T) => string | number,
): AsyncGenerator<readonly T[]> {
  let before: ReadonlySet<string | number> = new Set()
  for await (const page of pages) {
    const repeated = before
    before = new Set(page.map(idOf))
    yield page.filter((each) => !repeated.has(idOf(each)))
  }
}
