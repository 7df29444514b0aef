import t from 'tap'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import { pagesInOrder, untilReaderStops, withoutRepeats } from '../../../src/connectors/kit/pages.ts'
import { type ReadAgainTools, readAgain } from '../../../src/connectors/kit/read-again.ts'
import { timedPause } from '../../../src/gateway/timed-pause.ts'

const quiet = (): void => {}
const tools: ReadAgainTools = {
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  random: () => 0,
  pause: async () => {},
}

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const page of pages) found.push(page)
  return found
}

t.test('pages come in their order, whichever is there first, and no more than the width are read ahead', async (t) => {
  const asked = new Map<number, (page: number) => void>()
  const read = (page: number): Promise<number> => new Promise((resolve) => asked.set(page, resolve))
  const pages = pagesInOrder(read, (page) => page < 4, 3)
  const first = pages.next()
  t.strictSame([...asked.keys()], [0], 'the first alone')
  asked.get(0)?.(0)
  t.equal((await first).value, 0)
  const second = pages.next()
  await new Promise(setImmediate)
  t.strictSame([...asked.keys()], [0, 1, 2, 3])
  for (const page of [3, 2, 1]) asked.get(page)?.(page)
  t.equal((await second).value, 1)
  const rest = all(pages)
  await new Promise(setImmediate)
  for (const page of [4, 5, 6]) asked.get(page)?.(page)
  t.strictSame(await rest, [2, 3, 4])
})

t.test('a page that fails ends the pages with its error, after those before it', async (t) => {
  const gone = new DeliveryError('dead', 'gone')
  const found: number[] = []
  const pages = pagesInOrder(
    async (page) => {
      if (page === 1) throw gone
      return page
    },
    () => true,
    3,
  )
  await t.rejects(
    (async () => {
      for await (const page of pages) found.push(page)
    })(),
    gone,
  )
  t.strictSame(found, [0])
})

t.test('what was on the page before is left out of a page', async (t) => {
  async function* pages() {
    yield [1, 2]
    yield [2, 3]
    yield [3, 1]
  }
  t.strictSame(await all(withoutRepeats(pages(), (id) => id)), [[1, 2], [3], [1]])
})

/** A source of which only the first pages can be read, and how often each page was read. */
function failingAfter(readable: number) {
  const reads = new Map<number, number>()
  return {
    reads,
    async read(page: number): Promise<number> {
      reads.set(page, (reads.get(page) ?? 0) + 1)
      if (page >= readable) throw new DeliveryError('retry', 'the client is closed')
      return page
    },
  }
}

t.test('what was read ahead is not read again once the reader has stopped', async (t) => {
  const { reads, read } = failingAfter(2)
  const paused: (() => void)[] = []
  const pause = (): Promise<void> => new Promise((resolve) => paused.push(resolve))
  const pages = untilReaderStops({ ...tools, pause }, (tools) =>
    pagesInOrder(
      (page) => readAgain(tools, () => read(page)),
      () => true,
      3,
    ),
  )
  for await (const page of pages) if (page === 1) break
  t.strictSame(
    [...reads],
    [0, 1, 2, 3].map((page) => [page, 1]),
  )
  for (const goOn of paused) goOn()
  await new Promise(setImmediate)
  t.strictSame(
    [...reads].map(([, times]) => times),
    [1, 1, 1, 1],
    'not even after the pause',
  )
})

t.test('the pause before another try ends with the reader', async (t) => {
  const { read } = failingAfter(1)
  const pauses: Promise<void>[] = []
  const pause = (_: number, signal?: AbortSignal): Promise<void> => {
    const paused = timedPause(3_600_000, signal)
    pauses.push(paused)
    return paused
  }
  const pages = untilReaderStops({ ...tools, pause }, async function* (tools) {
    const ahead = readAgain(tools, () => read(1))
    ahead.catch(quiet)
    yield await readAgain(tools, () => read(0))
    yield await ahead
  })
  for await (const page of pages) if (page === 0) break
  t.equal(pauses.length, 1)
  await Promise.all(pauses)
})

t.test('a read that fails after its reader has stopped is not tried again, and no other one is begun', async (t) => {
  const reader = new AbortController()
  const down = new DeliveryError('retry', 'no answer')
  let reads = 0
  const failing = readAgain({ ...tools, signal: reader.signal }, async () => {
    reads += 1
    reader.abort()
    throw down
  })
  await t.rejects(failing, down)
  await t.rejects(
    readAgain({ ...tools, signal: reader.signal }, async () => {
      reads += 1
    }),
    { name: 'AbortError' },
  )
  t.equal(reads, 1)
})
