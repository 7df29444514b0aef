import { createHash } from 'node:crypto'
import type { Metrics } from '../observability/metrics.ts'
import type { FeedStory } from './feed-story.ts'
import type { Folder } from './folder.ts'
import { ImportError } from './import-error.ts'
import { type FindLinked, leftOutOf, without, withoutLinked } from './linked.ts'
import { beginReading, type Reading, reopenReading, type WholeReading } from './reading.ts'
import { type Refresh, type RefreshParts, refresh } from './refresh.ts'

export const IMPORT_OUTCOMES = ['complete', 'failed', 'stopped'] as const
/** Why an older list is shown. */
export const STALE_REASONS = ['slow', 'failed'] as const

/** The list of one integration's tickets: read, kept, and shown. */
export interface Feed {
  /** @throws {ImportError} if there is no list to show */
  serve(): Promise<Served>
  /** The list that is kept, however old, without asking the source; null if there is none. */
  serveKept(): Promise<Served | null>
  /** Null if it was never read by this process. */
  lastRead(): LastRead | null
  /** Begins to read the source, if it is not being read. @throws {ImportError} if it is left alone, since it failed */
  refresh(): void
  status(): FeedStatus
  /** Ends a reading that is under way; everyone who waits for it or reads along gets the error. */
  stop(error: ImportError): Promise<void>
}

/** Whether the source can be read, as the last reading told. */
export type LastRead =
  | { readonly outcome: 'complete' }
  /** Since the first failure in a row, in milliseconds since 1970. */
  | { readonly outcome: 'failed'; readonly since: number; readonly reason: string }
export interface FeedStatus {
  readonly isReading: boolean
  /** When the list that is shown was read to its end. */
  readonly readAt: number | null
  readonly stories: number | null
  /** Why the last reading failed, and until when the source is left alone. */
  readonly failure: { readonly message: string; readonly until: number } | null
}

export interface Served {
  readonly stories: AsyncGenerator<readonly FeedStory[], void, undefined>
  /** The same for the same stories; null while they are not all known. */
  readonly tag: string | null
  /** Since the source was read; null while it is being read. */
  readonly ageMs: number | null
  /** Why the list is older than it should be. */
  readonly stale: (typeof STALE_REASONS)[number] | null
  /** How long a client may cache it. */
  readonly freshMs: number
  /** Must be called once the stories are sent or not wanted. */
  close(): void
}

export interface FeedSettings {
  readonly cache_seconds: number
  readonly stale_seconds: number
  readonly exclude_linked: boolean
}

interface FeedParts extends Omit<RefreshParts, 'open'> {
  readonly name: string
  readonly fingerprint: string
  readonly settings: FeedSettings
  readonly folder: Folder
  readonly findLinked: FindLinked
  readonly patience: Patience
  readonly metrics: Metrics
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
}

export interface Patience {
  /** How long to wait for a new list if there is an older one. */
  readonly newestMs: number
  /** How long to wait for the first tickets if there is no list. */
  readonly firstMs: number
}

/** How long to leave a failed source alone if it does not say so itself. */
const REST_MS = 5000
const CLOCK_MARGIN_MS = 60_000

/** Takes over the stored list if it was read with the same settings. */
export async function openFeed(parts: FeedParts): Promise<Feed> {
  const { name: integration, fingerprint, settings, folder, metrics, log, now, steady } = parts
  const cacheMs = settings.cache_seconds * 1000
  const keptMs = Math.max(cacheMs, settings.stale_seconds * 1000)
  let newest = await reopenReading(folder.whole(integration), fingerprint).catch((error: unknown) => {
    log.warn({ err: error }, 'the list of tickets in store cannot be read')
    return null
  })
  let running: Refresh | null = null
  let resting: { readonly error: ImportError; readonly until: number } | null = null
  let lastRead: LastRead | null = null
  let stopped: ImportError | null = null
  showAge()

  /** A list from the future was read before the clock was set back. Its age is unknown, so it is read again. */
  function ageOf({ completedAt }: WholeReading): number {
    const age = now() - completedAt
    return age < -CLOCK_MARGIN_MS ? Math.max(cacheMs, -age) : Math.max(0, age)
  }

  function showAge(): void {
    metrics.importReadAt.set({ integration }, (newest?.completedAt ?? 0) / 1000)
  }

  function forget(): void {
    newest?.retire()
    newest = null
    showAge()
  }

  /** One reading at a time; null while the source is left alone. */
  function read(): Refresh | null {
    if (resting !== null && steady() < resting.until) return null
    running ??= start()
    return running
  }

  function start(): Refresh {
    const began = steady()
    const open = async () => beginReading(folder.whole(integration), await folder.growing(integration), fingerprint)
    const started = refresh({ ...parts, open })
    const end = (outcome: (typeof IMPORT_OUTCOMES)[number], fields: object): void => {
      const seconds = (steady() - began) / 1000
      running = null
      metrics.importFetches.inc({ integration, outcome })
      metrics.importFetchDuration.observe({ integration }, seconds)
      const level = outcome === 'failed' ? 'warn' : 'info'
      log[level]({ outcome, ...fields, ms: Math.round(seconds * 1000) }, 'tickets read for import')
    }
    started.done.then(
      (whole) => {
        newest?.retire()
        newest = whole
        resting = null
        lastRead = { outcome: 'complete' }
        end('complete', { stories: whole.stories, repeats: whole.repeats })
        if (stopped === null) showAge()
        else whole.retire()
      },
      (error: ImportError) => {
        const outcome = error.reason === 'stopping' ? 'stopped' : 'failed'
        if (outcome === 'failed') {
          resting = { error, until: steady() + Math.max(REST_MS, error.retryAfterMs ?? 0) }
          const since = lastRead?.outcome === 'failed' ? lastRead.since : now()
          lastRead = { outcome, since, reason: error.message }
        }
        end(outcome, { reason: error.message })
      },
    )
    return started
  }

  async function show(reading: WholeReading, stale: Served['stale']): Promise<Served> {
    const lent = reading.lend()
    try {
      const leftOut = settings.exclude_linked ? await leftOutOf(reading, parts.findLinked) : null
      const stories = lent.stories()
      if (stale !== null) metrics.importStale.inc({ integration, reason: stale })
      return {
        stories: counted(leftOut === null ? stories : without(leftOut, stories)),
        tag: createHash('sha256')
          .update(reading.digest)
          .update(leftOut ?? '')
          .digest('base64url'),
        ageMs: ageOf(reading),
        stale,
        // A link can come at any time.
        freshMs: leftOut === null ? Math.max(0, cacheMs - ageOf(reading)) : 0,
        close: lent.giveBack,
      }
    } catch (error) {
      lent.giveBack()
      // A file that cannot be read will not be readable later either.
      if (error instanceof SyntaxError) forget()
      throw error
    }
  }

  function showAlong(reading: Reading): Served {
    const lent = reading.lend()
    const stories = settings.exclude_linked ? withoutLinked(parts.findLinked, lent.stories()) : lent.stories()
    return { stories: counted(stories), tag: null, ageMs: null, stale: null, freshMs: 0, close: lent.giveBack }
  }

  async function* counted(batches: Served['stories']): Served['stories'] {
    for await (const stories of batches) {
      metrics.importStories.inc({ integration }, stories.length)
      yield stories
    }
  }

  async function showNewest(): Promise<Served> {
    const reading = read()
    const outcome =
      reading === null
        ? 'failed'
        : await within(
            parts.patience.newestMs,
            reading.done.then(
              () => null,
              () => 'failed' as const,
            ),
            'slow' as const,
          )
    if (stopped !== null) throw stopped
    if (newest === null) return await showFirst()
    return await show(newest, outcome !== null && ageOf(newest) >= cacheMs ? outcome : null)
  }

  async function showFirst(): Promise<Served> {
    const reading = read()
    if (reading === null) throw leftAlone()
    const begun = await within(parts.patience.firstMs, reading.begun, null).catch((error: ImportError) => {
      throw error.reason === 'source' ? leftAlone() : error
    })
    if (stopped !== null) throw stopped
    // The reading is complete already.
    if (newest !== null) return await show(newest, null)
    if (begun === null) {
      const seconds = Math.round(parts.patience.firstMs / 1000)
      throw new ImportError('slow', `no ticket came within ${seconds} seconds; the reading continues, so ask again`)
    }
    return showAlong(begun)
  }

  function leftAlone(): ImportError {
    const { error, until } = resting ?? { error: new ImportError('slow', 'ask again'), until: steady() }
    return new ImportError(error.reason, error.message, Math.max(0, until - steady()), error)
  }

  return {
    refresh() {
      if (stopped !== null) throw stopped
      if (read() === null) throw leftAlone()
    },
    status: () => ({
      isReading: running !== null,
      readAt: newest?.completedAt ?? null,
      stories: newest?.stories ?? null,
      failure: resting === null ? null : { message: resting.error.message, until: resting.until },
    }),
    async serve() {
      if (stopped !== null) throw stopped
      if (newest !== null && ageOf(newest) >= keptMs) forget()
      if (newest === null) return await showFirst()
      return ageOf(newest) < cacheMs ? await show(newest, null) : await showNewest()
    },
    async serveKept() {
      if (stopped !== null) throw stopped
      return newest === null || ageOf(newest) >= keptMs ? null : await show(newest, null)
    },
    lastRead: () => lastRead,
    async stop(error) {
      stopped = error
      running?.abort(error)
      await running?.done.catch(() => {})
      newest?.retire()
      newest = null
    },
  }
}

/** Resolves to `late` if the work takes longer than `ms`. */
async function within<T, L>(ms: number, work: Promise<T>, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<L>((resolve) => {
    timer = setTimeout(() => resolve(late), ms)
  })
  try {
    return await Promise.race([work, timeUp])
  } finally {
    clearTimeout(timer)
  }
}
