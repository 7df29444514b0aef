import type { Tools } from '../../contract/connector.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { BugHidden } from '../refusal.ts'
import { TooLong } from '../wire/ask.ts'
import type { Bugzilla } from '../wire/open.ts'
import { commentsOf, type FoundBug, type FoundComment, realNames } from './api.ts'

/** A bug's description: the comment that it was reported with. */
export interface Opening {
  readonly text: string
  readonly author: string | null
}

/** Bug.comments returns all comments of a bug, and only the first one is needed. */
const MOST_OF_MANY = 4 * 1024 * 1024
const MOST_OF_ONE = 16 * 1024 * 1024
/** Reporters recur in a list. */
const MOST_NAMES = 5000

/**
 * By the bugs' ids. A description is missing if the account may not see it, if the bug has been deleted meanwhile, or if
 * the bug has more than 16 MiB of comments.
 */
export async function openingsOf(bugzilla: Bugzilla, bugs: readonly FoundBug[]): Promise<Map<number, Opening>> {
  if (bugs.length === 0) return new Map()
  const ids = bugs.map(({ id }) => id)
  try {
    const comments = await commentsOf(bugzilla, ids, bugs.length === 1 ? MOST_OF_ONE : MOST_OF_MANY)
    return new Map(bugs.flatMap((bug) => opening(bug, comments.get(bug.id) ?? [])))
  } catch (error) {
    // A single bug can cause either, so the others are asked for without it.
    if (!(error instanceof TooLong) && !(error instanceof BugHidden)) throw error
    if (bugs.length === 1) return new Map()
    const half = Math.ceil(bugs.length / 2)
    const first = await openingsOf(bugzilla, bugs.slice(0, half))
    return new Map([...first, ...(await openingsOf(bugzilla, bugs.slice(half)))])
  }
}

/** The oldest comment that the account may see is the description, unless that is private. */
function opening(bug: FoundBug, [oldest]: readonly FoundComment[]): [number, Opening][] {
  if (oldest === undefined) return []
  const { text, author, count } = oldest
  return (count === null ? isOfTheReport(bug, oldest) : count === 0) ? [[bug.id, { text, author }]] : []
}

/** If comments have no index: the time of a bug has no seconds then, that of its first comment has. */
function isOfTheReport({ creator, createdAt }: FoundBug, { author, time }: FoundComment): boolean {
  if (creator !== null && author !== null && creator.toLowerCase() !== author.toLowerCase()) return false
  const minute = (moment: string | null): string => moment?.slice(0, 'YYYYMMDDTHH:MM'.length) ?? ''
  return minute(createdAt) === minute(time)
}

export interface People {
  /** @returns the real name of a login, or the login name if Bugzilla has or tells none */
  named(logins: readonly string[]): Promise<(login: string) => string>
}

export function createPeople(bugzilla: Bugzilla, { log }: Pick<Tools, 'log'>): People {
  const known = new Map<string, string>()
  let tells = true

  return {
    async named(logins) {
      const unknown = [...new Set(logins.map((each) => each.toLowerCase()))].filter((each) => !known.has(each))
      if (tells && unknown.length > 0) {
        if (known.size > MOST_NAMES) known.clear()
        const names = await realNames(bugzilla, unknown).catch((error: unknown) => {
          // If the account may not see one of the users, the whole call is refused.
          if (!(error instanceof DeliveryError) || error.verdict !== 'dead') throw error
          log.debug(
            { reason: error.message },
            'Bugzilla does not tell the real names of reporters; their login names are shown',
          )
          tells = false
          return new Map<string, string>()
        })
        for (const [login, name] of names) known.set(login, name)
      }
      const names = new Map(logins.map((login) => [login, known.get(login.toLowerCase())?.trim() || login]))
      return (login) => names.get(login) ?? login
    },
  }
}
