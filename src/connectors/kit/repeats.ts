/**
 * The same pages without what the page before had too: where pages are counted by position, a new ticket at the front
 * moves the last one of each page into the next while the list is read.
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
