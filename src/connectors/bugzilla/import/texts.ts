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

/** Bug.comments answers with all comments of a bug, and all of them are read for the first one. */
const MOST_OF_MANY = 4 * 1024 * 1024
const MOST_OF_ONE = 16 * 1024 * 1024
/** Names that are kept while a list is read; reporters come again and again. */
const MOST_NAMES = 5000

/**
 * The descriptions of bugs by their ids. One is missing where the account may not see it, where the bug has gone
 * meanwhile, and where there are more than 16 MiB of comments after it.
 */
export async function openingsOf(bugzilla: Bugzilla, bugs: readonly FoundBug[]): Promise<Map<number, Opening>> {
  if (bugs.length === 0) return new Map()
  const ids = bugs.map(({ id }) => id)
  try {
    const comments = await commentsOf(bugzilla, ids, bugs.length === 1 ? MOST_OF_ONE : MOST_OF_MANY)
    return new Map(bugs.flatMap((bug) => opening(bug, comments.get(bug.id) ?? [])))
  } catch (error) {
    // One bug is enough for either, so the others are asked for without it.
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

/** Where comments are not counted: a bug's time has no seconds there, its first comment's has. */
function isOfTheReport({ creator, createdAt }: FoundBug, { author, time }: FoundComment): boolean {
  if (creator !== null && author !== null && creator.toLowerCase() !== author.toLowerCase()) return false
  const minute = (moment: string | null): string => moment?.slice(0, 'YYYYMMDDTHH:MM'.length) ?? ''
  return minute(createdAt) === minute(time)
}

/** The names that people know each other by. */
export interface People {
  /** By login name; where Bugzilla has no name or does not tell it, the login name itself. */
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
          // Where the account may not see one of the users, it is told of none of them.
          if (!(error instanceof DeliveryError) || error.verdict !== 'dead') throw error
          log.debug({ reason: error.message }, 'the names of reporters stay login names')
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
