import type { ExternalStory } from '../connectors/contract/connector.ts'
import type { FeedStory } from './feed-story.ts'
import { ImportError } from './import-error.ts'
import type { GrowingReading, Reading, WholeReading } from './reading.ts'

export interface Refresh {
  /** Resolves when there is something to show. @throws {ImportError} if the source fails before */
  readonly begun: Promise<Reading>
  /** @throws {ImportError} if the source fails */
  readonly done: Promise<WholeReading>
  /** Everyone who waits for the reading or reads along gets the error. */
  abort(error: ImportError): void
}

export interface RefreshParts {
  open(): Promise<GrowingReading>
  /** Waits until the source may be read. @returns ends the turn */
  turn(signal: AbortSignal): Promise<() => void>
  source(): AsyncIterable<readonly ExternalStory[]>
  map(story: ExternalStory): FeedStory | null
  explain(error: unknown): ImportError
  now(): number
}

/** After this a source is considered hung, so that later clients do not wait for it. */
const LONGEST_SILENCE_MS = 10 * 60_000
const SILENT = 'the source gave no further tickets for ten minutes'

export function refresh({ open, turn, source, map, explain, now }: RefreshParts): Refresh {
  let begin: (reading: Reading) => void = () => {}
  let aborted: ImportError | null = null
  let leaveOff: (error: ImportError) => void = () => {}
  const leftOff = new AbortController()
  const first = new Promise<Reading>((resolve) => {
    begin = resolve
  })

  /** A page can take long, and its request cannot be cancelled, so an abort only ends the waiting. */
  function untilAborted<T>(page: Promise<T>): Promise<T> {
    // A race against one lasting promise would keep every page in memory until the end.
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        clearTimeout(timer)
        reject(error)
      }
      const timer = setTimeout(() => fail(new ImportError('source', SILENT)), LONGEST_SILENCE_MS)
      leaveOff = fail
      if (aborted !== null) fail(aborted)
      page.then((value) => {
        clearTimeout(timer)
        resolve(value)
      }, fail)
    })
  }

  async function readInto(reading: GrowingReading): Promise<WholeReading> {
    const pages = source()[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await untilAborted(pages.next())
        if (next.done === true) return await reading.complete(now())
        const stories = next.value.flatMap((story) => map(story) ?? [])
        await reading.add(stories)
        // After an empty page a failure can still be reported.
        if (stories.length > 0) begin(reading)
      }
    } catch (error) {
      pages.return?.().catch(() => {})
      throw error
    }
  }

  async function read(): Promise<WholeReading> {
    let reading: GrowingReading | null = null
    let endTurn = (): void => {}
    try {
      endTurn = await turn(leftOff.signal)
      reading = await open()
      return await readInto(reading)
    } catch (error) {
      const told = explain(aborted ?? error)
      await reading?.fail(told)
      throw told
    } finally {
      endTurn()
    }
  }

  const done = read()
  const begun = Promise.race([first, done])
  begun.catch(() => {})
  return {
    begun,
    done,
    abort(error) {
      aborted = error
      leftOff.abort(error)
      leaveOff(error)
    },
  }
}
