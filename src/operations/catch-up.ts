import type { Journal, ListReport } from '../queue/journal.ts'
import type { AskMissed, Missed } from '../sources/contract/source.ts'
import type { CatchUp } from '../store/catch-ups.ts'

export interface CatchUpLimits {
  readonly announceWithinMs: number
  /** How far back it goes, in milliseconds. */
  readonly longestMs: number
  /** Of activities that are not known already; it goes on to the end of the page. */
  readonly atMost: number
}

export interface CatchUpReport {
  readonly since: Date
  /** What happened from `since` on to all that was changed last before then is stored. */
  readonly upTo: Date
  readonly asked: number
  readonly fresh: number
  readonly refused: number
  /** Some of it happened too long ago, and is not asked for. */
  readonly isTooOld: boolean
  /** Some of it comes with the next look. */
  readonly isMore: boolean
}

interface CatchUpParts {
  readonly missed: AskMissed
  /** Stores it, or only counts it. */
  accept(
    arrival: Omit<Parameters<Journal['acceptMissed']>[0], 'project'>,
    missed: readonly Missed[],
  ): Promise<Pick<ListReport, 'fresh' | 'refused'>>
  saveCatchUp(state: CatchUp): Promise<void>
  now(): number
  /** Ends it after the page that is being stored. */
  readonly signal: Pick<AbortSignal, 'aborted'>
}

/** A time that was too long ago when the rest of it is asked for, was not when asking for it began. */
const ROUND_MS = 86_400_000

/** What a tool's list may lack of what has just happened, or of what happened while another clock was behind. */
export const OVERLAP_MS = 10 * 60_000

/**
 * Stores what the tool tells of the time since `state.upTo`, page by page; how far it is becomes durable after each page,
 * so that one that is broken off goes on from there. What is known already is not stored again.
 * @throws {SourceApiError} if the tool gave no usable answer
 * @throws {StoreError} if something could not be stored
 */
export async function catchUp(state: CatchUp, limits: CatchUpLimits, parts: CatchUpParts): Promise<CatchUpReport> {
  const { signal } = parts
  const until = parts.now()
  const oldest = until - limits.longestMs - (state.upTo > state.since ? ROUND_MS : 0)
  const isTooOld = oldest > state.upTo
  const since = isTooOld ? oldest : state.since
  // What the tool's list may still lack is asked for again the next time.
  const end = until - OVERLAP_MS
  let upTo = isTooOld ? oldest : state.upTo
  let [asked, fresh, refused] = [0, 0, 0]
  let isMore = false
  const pages = parts.missed({ since: new Date(since), from: new Date(upTo), until: new Date(until) })
  for await (const page of pages) {
    const report = await parts.accept(
      {
        contentType: 'application/json',
        caughtUp: { announceWithinMs: limits.announceWithinMs },
        head: () => ({ 'caught-up': new Date(until).toISOString() }),
      },
      page.missed,
    )
    asked += page.missed.length
    fresh += report.fresh
    refused += report.refused.length
    const reached = page.upTo?.getTime() ?? 0
    upTo = Math.max(upTo, Math.min(end, reached))
    await parts.saveCatchUp({ ...state, since, upTo })
    isMore = reached < until && (fresh >= limits.atMost || signal.aborted)
    if (isMore) break
  }
  return { since: new Date(since), upTo: new Date(upTo), asked, fresh, refused, isTooOld, isMore }
}
