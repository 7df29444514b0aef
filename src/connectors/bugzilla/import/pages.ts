import { DeliveryError } from '../../contract/delivery-error.ts'
import { TooLong } from '../wire/ask.ts'
import type { Bugzilla } from '../wire/open.ts'
import { atLeast } from '../wire/version.ts'
import type { Struct } from '../wire/xml-rpc-values.ts'
import { type FoundBug, searchBugs } from './api.ts'

export interface BugPage {
  readonly bugs: readonly FoundBug[]
  /** True for the last page and for any beyond it. */
  readonly isLast: boolean
}

/** Pages count from 0; several may be read side by side. */
export type ReadPage = (number: number) => Promise<BugPage>

/** A CGI script takes about a second to start, and Tracker waits for 60 in all. */
export const PAGE_SIZE = 200
/** Before 4.0 each bug comes with all its data. */
export const OLD_PAGE_SIZE = 100

/** A bug's number has 24 bits (Bugzilla/DB/Schema.pm). */
const ALL = 2 ** 24
const MOST_OF_A_GLANCE = 64 * 1024

export async function pagesOf(bugzilla: Bugzilla, criteria: Struct): Promise<ReadPage> {
  if (atLeast(bugzilla.version, 5, 0)) return byOffset(bugzilla, criteria)
  return atLeast(bugzilla.version, 4, 0) ? await byIds(bugzilla, criteria) : throughHidden(bugzilla, criteria)
}

/** Whether there is a bug that the account may see, from this offset on. Up to 4.4 a limit counts hidden bugs too. */
export async function isAnyBug(bugzilla: Bugzilla, criteria: Struct, offset = 0): Promise<boolean> {
  const { version } = bugzilla
  const one = atLeast(version, 5, 0)
  const all = atLeast(version, 4, 0) ? unlimited(bugzilla) : { limit: ALL, offset }
  try {
    const options = { fields: ['id'], mostBytes: MOST_OF_A_GLANCE }
    return (await searchBugs(bugzilla, { ...criteria, ...(one ? { limit: 1 } : all) }, options)).length > 0
  } catch (error) {
    if (error instanceof TooLong) return true
    throw error
  }
}

/** 4.0 has no limit of its own, and in later versions 0 means none. */
function unlimited({ version }: Bugzilla): Struct {
  return atLeast(version, 4, 2) ? { limit: 0 } : {}
}

/**
 * From 5.0 on pages are ordered and hold only visible bugs. They may be shorter than asked for, because the parameter
 * max_search_results cuts them silently, so only an empty one is the end.
 */
function byOffset(bugzilla: Bugzilla, criteria: Struct): ReadPage {
  return async (number) => {
    const bugs: FoundBug[] = []
    while (bugs.length < PAGE_SIZE) {
      const offset = number * PAGE_SIZE + bugs.length
      const limit = PAGE_SIZE - bugs.length
      const part = await searchBugs(bugzilla, { ...criteria, limit, offset, order: 'bug_id' })
      if (part.length === 0) return { bugs, isLast: true }
      bugs.push(...part)
    }
    return { bugs, isLast: false }
  }
}

/**
 * From 4.0 to 4.4 a limit counts hidden bugs too, and max_search_results cuts longer pages, so a page does not show
 * whether it is the last. But all ids can be read at once, and bugs by their ids.
 */
async function byIds(bugzilla: Bugzilla, criteria: Struct): Promise<ReadPage> {
  const all = unlimited(bugzilla)
  const found = await searchBugs(bugzilla, { ...criteria, ...all }, { fields: ['id'] }).catch((error: unknown) => {
    if (!(error instanceof TooLong)) throw error
    throw new DeliveryError('dead', 'Bugzilla has more bugs than the relay can list; set product, or also component')
  })
  const ids = found.map(({ id }) => id).sort((one, other) => one - other)
  return async (number) => {
    const end = (number + 1) * PAGE_SIZE
    const id = ids.slice(number * PAGE_SIZE, end)
    const bugs = id.length === 0 ? [] : await searchBugs(bugzilla, { id, ...all })
    return { bugs: bugs.sort((one, other) => one.id - other.id), isLast: end >= ids.length }
  }
}

/**
 * Before 4.0 hidden bugs make pages short or empty too, and ids cannot be read alone. After an empty page all that follows
 * is asked for to see whether it is the end, and the answer is cut off as soon as it has something in it.
 */
function throughHidden(bugzilla: Bugzilla, criteria: Struct): ReadPage {
  /** From this offset on there is a bug that was not seen yet. */
  let promised: number | null = null
  let end = Number.POSITIVE_INFINITY

  return async (number) => {
    const offset = number * OLD_PAGE_SIZE
    if (offset >= end) return { bugs: [], isLast: true }
    const bugs = await searchBugs(bugzilla, { ...criteria, limit: OLD_PAGE_SIZE, offset })
    if (bugs.length > 0) {
      if (promised !== null && offset >= promised) promised = null
      return { bugs: bugs.sort((one, other) => one.id - other.id), isLast: false }
    }
    if (promised !== null) return { bugs, isLast: false }
    if (await isAnyBug(bugzilla, criteria, offset + OLD_PAGE_SIZE)) {
      promised = offset + OLD_PAGE_SIZE
      return { bugs, isLast: false }
    }
    end = Math.min(end, offset)
    return { bugs, isLast: true }
  }
}
