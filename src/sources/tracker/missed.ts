import type { TrackerApi } from '../../tracker/api.ts'
import { TrackerApiError } from '../../tracker/api-error.ts'
import { parseActivity } from '../../tracker/parse.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import type { AskMissed, MissedPage, MissedTime } from '../contract/source.ts'
import { SourceApiError } from '../contract/source-api-error.ts'

/** Tracker allows up to 500; an activity that sets a long description has it twice. */
const PAGE = 100

/**
 * What Tracker's API tells of a project's activities: the very bodies of the hook, with the same guid. Tracker lists the
 * newest first; the pages are asked for from the last one on, which within a fixed time do not move.
 * @param projectId Tracker's own
 */
export function missedInTracker(
  activities: NonNullable<TrackerApi['activities']>,
  projectId: () => Promise<string>,
): AskMissed {
  return async function* missed({ from, until }) {
    try {
      yield* pages(activities, await projectId(), { from, until })
    } catch (error) {
      if (!(error instanceof TrackerApiError)) throw error
      throw new SourceApiError(error.message, { retryAfterMs: error.retryAfterMs, cause: error })
    }
  }
}

async function* pages(
  activities: NonNullable<TrackerApi['activities']>,
  projectId: string,
  { from, until }: Pick<MissedTime, 'from' | 'until'>,
): AsyncGenerator<MissedPage> {
  const ask = (offset: number, limit: number) => activities(projectId, { after: from, before: until, offset, limit })
  const newest = await ask(0, PAGE)
  const limit = Math.max(1, Math.min(PAGE, newest.limit ?? newest.bodies.length))
  const total = newest.total ?? (await countOf(ask, newest.bodies))
  // From the oldest: whole pages of those that the first one does not show.
  for (let end = total; end > newest.bodies.length; ) {
    const begin = Math.max(newest.bodies.length, end - limit)
    const { bodies } = await ask(begin, end - begin)
    // Some were deleted, or are the newest's already.
    if (bodies.length === 0) break
    yield page(bodies, null)
    end = begin
  }
  yield page(newest.bodies, until)
}

/** For servers that do not say how many there are: it is looked for where a page is empty, or the first one comes again. */
async function countOf(
  ask: (offset: number, limit: number) => Promise<{ readonly bodies: readonly Buffer[] }>,
  newest: readonly Buffer[],
): Promise<number> {
  let count = newest.length
  if (newest[0] === undefined) return count
  for (;;) {
    const { bodies } = await ask(count, PAGE)
    if (bodies[0] === undefined || bodies[0].equals(newest[0])) return count
    count += bodies.length
  }
}

/** @param whole the end of the time, if nothing of it is left */
function page(newestFirst: readonly Buffer[], whole: Date | null): MissedPage {
  const missed = [...newestFirst].reverse().map((body) => ({ body }))
  return { missed, upTo: whole ?? timeOf(newestFirst[0]) }
}

/** Of two that happened at once, the next page may have the other. */
function timeOf(body: Buffer | undefined): Date | null {
  if (body === undefined) return null
  try {
    return new Date(Date.parse(parseActivity(body).occurredAt))
  } catch (error) {
    if (error instanceof ParseError) return null
    throw error
  }
}
