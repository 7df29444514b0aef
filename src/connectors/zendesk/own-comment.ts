import type { Api, CommentPage } from './api.ts'

export interface SoughtComment {
  readonly ticket: string
  readonly author: number
  readonly marker: string
  /** Older comments do not count, so that a replay is not mistaken for the delivery before it. */
  notBefore(clock: Date | null): Date
}

/** The id of the private comment that a delivery has written; null if there is none. */
export async function ownComment(api: Pick<Api, 'comments'>, sought: SoughtComment): Promise<number | null> {
  const { ticket, author, marker } = sought
  let cursor: string | null = null
  do {
    const page: CommentPage = await api.comments(ticket, cursor)
    const earliest = sought.notBefore(page.clock).getTime()
    const found = page.comments.find(
      (each) =>
        each.author_id === author &&
        !each.public &&
        Date.parse(each.created_at) >= earliest &&
        (each.plain_body ?? each.body).trimEnd().endsWith(marker),
    )
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
