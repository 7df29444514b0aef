import type { Job } from '../contract/connector.ts'
import type { Api, CommentPage } from './api.ts'

const NONE: ReadonlySet<string> = new Set()

export interface SoughtComment {
  readonly ticket: string
  readonly author: number
  readonly marker: string
  /** Older comments are not looked at. */
  notBefore(clock: Date | null): Date
  /** What an earlier delivery of the same comment wrote before a replay does not count. */
  readonly receipted: Job['receipted']
}

/** The id of the private comment that a delivery has written; null if there is none. */
export async function ownComment(api: Pick<Api, 'comments'>, sought: SoughtComment): Promise<number | null> {
  const { ticket, author, marker } = sought
  let cursor: string | null = null
  do {
    const page: CommentPage = await api.comments(ticket, cursor)
    const earliest = sought.notBefore(page.clock).getTime()
    const marked = page.comments.filter(
      (each) =>
        each.author_id === author &&
        !each.public &&
        Date.parse(each.created_at) >= earliest &&
        (each.plain_body ?? each.body).trimEnd().endsWith(marker),
    )
    const others = marked.length === 0 ? NONE : await sought.receipted(marked.map(({ id }) => String(id)))
    const found = marked.find(({ id }) => !others.has(String(id)))
    if (found !== undefined) return found.id
    const times = page.comments.map((each) => Date.parse(each.created_at))
    const [first = 0] = times
    const last = times.at(-1) ?? 0
    // What follows is older only if the page proves that the newest come first.
    if (first > last && last < earliest) return null
    cursor = page.next
  } while (cursor !== null)
  return null
}
