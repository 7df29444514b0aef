import { type Static, Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { Job, Receipt } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { CommentEffect } from '../contract/effect.ts'
import { markerOf } from '../kit/marker.ts'
import { type Account, type Api, onServersClock } from './api.ts'
import { blamedFields, explanation } from './faults.ts'
import { commentBody } from './message.ts'
import { browseUrl, type Settings } from './settings.ts'

/** The comment property that carries a delivery's key: JIRA has no idempotency key of its own. */
const PROPERTY = 'tracker-relay'
/** By this property JIRA Service Management keeps a comment from the customers' portal (its REST API, "request comments"). */
const INTERNAL = 'sd.public.comment'
const PAGE = 50
const MOST_PAGES = 40

const Person = Type.Object({
  accountId: Type.Optional(Type.String()),
  key: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
})
const PostedComment = Type.Object({
  id: Type.String(),
  created: Type.String(),
  body: Type.Optional(Type.String()),
  author: Type.Optional(Person),
  properties: Type.Optional(Type.Array(Type.Object({ key: Type.String(), value: Type.Optional(Type.Unknown()) }))),
})
const CommentPage = Type.Object({
  startAt: Type.Integer(),
  total: Type.Integer(),
  comments: Type.Array(PostedComment),
})
type PostedComment = Static<typeof PostedComment>

/** Posts a story's comment. @throws {DeliveryError} */
export async function performComment(api: Api, job: Job, effect: CommentEffect, ticket: string): Promise<Receipt> {
  // Where anonymous users may comment, a login that failed would post under no name: it is proven first.
  await api.me()
  const { comment_limit, comment_visibility, internal_comments } = api.settings
  const comment = {
    body: commentBody(effect, job.story, comment_limit, markerOf(job.key)),
    ...(comment_visibility === undefined ? {} : { visibility: comment_visibility }),
  }
  const path = `/issue/${encodeURIComponent(ticket)}/comment`
  const properties = [
    { key: PROPERTY, value: { key: job.key } },
    ...(internal_comments ? [{ key: INTERNAL, value: { internal: true } }] : []),
  ]
  let response = await api.write(path, { ...comment, properties })
  // Nothing was written; a server too old to know comment properties gets the comment without.
  if (response.status === 400 && /unrecognized field.{0,20}properties/i.test(response.text()))
    response = await api.write(path, comment)
  if (response.status !== 201 && response.status !== 200) throw refusedComment(response, api, ticket)
  const id = idOf(response)
  return { id, url: browseUrl(api.settings, ticket, id) }
}

/**
 * Looks through the ticket's comments since the attempt began. The property is proof; a comment without it counts
 * only when it is our account's, has exactly our text and is no older than the attempt.
 */
export async function confirmComment(
  api: Api,
  job: Job,
  effect: CommentEffect,
  ticket: string,
  since: Date,
): Promise<Receipt | 'absent' | 'cannot tell'> {
  const me = await api.me()
  const body = plain(commentBody(effect, job.story, api.settings.comment_limit, markerOf(job.key)))
  const isOurs = (comment: PostedComment, from: Date): boolean => {
    const property = comment.properties?.find(({ key }) => key === PROPERTY)
    if (property !== undefined) return keyIn(property.value) === job.key
    return isBy(comment, me) && plain(comment.body ?? '') === body && Date.parse(comment.created) >= from.getTime()
  }
  const found = await searchNewest(api, ticket, since, isOurs)
  if (found === 'absent' || found === 'cannot tell') return found
  return { id: found.id, url: browseUrl(api.settings, ticket, found.id), note: 'already there' }
}

/** Pages from the newest comment to the first that is older than the attempt. */
async function searchNewest(
  api: Api,
  ticket: string,
  since: Date,
  isOurs: (comment: PostedComment, from: Date) => boolean,
): Promise<PostedComment | 'absent' | 'cannot tell'> {
  const first = await commentPage(api, ticket, 0)
  // A server that ignores orderBy begins with the oldest: from the last page on backwards, then.
  const step = isOldestFirst(first.comments) ? -PAGE : first.comments.length
  let page = first
  let startAt = 0
  for (let pages = 1; pages <= MOST_PAGES; pages += 1) {
    const from = onServersClock(since, page.serverTime, api.now())
    const found = page.comments.find((comment) => isOurs(comment, from))
    if (found !== undefined) return found
    const isFirstOfMany = pages === 1 && step < 0
    if (!isFirstOfMany && page.comments.some(({ created }) => Date.parse(created) < from.getTime())) return 'absent'
    startAt = isFirstOfMany ? page.total - PAGE : startAt + step
    if (step === 0 || startAt >= page.total || startAt <= -PAGE || first.comments.length >= page.total) return 'absent'
    page = await commentPage(api, ticket, Math.max(0, startAt))
  }
  return 'cannot tell'
}

async function commentPage(api: Api, ticket: string, startAt: number) {
  const query = `orderBy=-created&startAt=${startAt}&maxResults=${PAGE}&expand=properties`
  const path = `/issue/${encodeURIComponent(ticket)}/comment?${query}`
  const { value, serverTime } = await api.read(path, CommentPage, 16 * 1024 * 1024)
  return { ...value, serverTime }
}

function isOldestFirst(comments: readonly PostedComment[]): boolean {
  const first = Date.parse(comments.at(0)?.created ?? '')
  const last = Date.parse(comments.at(-1)?.created ?? '')
  return first < last
}

function isBy(comment: PostedComment, account: Account): boolean {
  const { author } = comment
  return author !== undefined && [author.accountId, author.key, author.name].includes(account.id)
}

function keyIn(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'key' in value ? value.key : null
}

/** Some servers store line breaks as CR LF. */
function plain(body: string): string {
  return body.replace(/\r\n/g, '\n').trim()
}

/** The id is a help to the operator, no proof: an answer that cannot be read is a success all the same. */
function idOf(response: Response): string | null {
  try {
    const body = response.json()
    const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : null
    return typeof id === 'string' ? id : null
  } catch {
    return null
  }
}

function refusedComment(response: Response, api: Api, ticket: string): DeliveryError {
  const { status } = response
  const blamed = blamedFields(response)
  const dead = (message: string): DeliveryError => new DeliveryError('dead', message, { status })
  if (blamed.includes('commentLevel') || blamed.includes('visibility'))
    return dead(
      'JIRA refuses comment_visibility: the account must be a member of that project role or group in the project of ' +
        `${ticket}; nothing was posted, so that it is not seen by others.`,
    )
  if (status === 400 && (blamed.includes('comment') || blamed.includes('body')) && isLong(response, api.settings))
    return dead(`JIRA takes no comment of this length: lower comment_limit, now ${api.settings.comment_limit}.`)
  if (status === 413) return dead(`JIRA's limit of comments on one ticket is reached on ${ticket}.`)
  if (status === 404)
    return dead(
      `JIRA does not show ${ticket} to the account: it was deleted, or the account lacks the permission "Browse ` +
        'projects" or "Add comments" in its project.',
    )
  const why = explanation(response, api.settings)
  const said = `JIRA answered ${status}${why === '' ? '' : `: ${why}`}`
  if (status === 400 || status === 403)
    return dead(`${said} (the account needs the permission "Add comments" in the project of ${ticket})`)
  return dead(said)
}

/** "The entered text is too long. It exceeds the allowed limit of 32,767 characters.", in any language. */
function isLong(response: Response, settings: Settings): boolean {
  return /too long|limit|\d{2}[.,\s\u00a0\u202f]?\d{3}/i.test(explanation(response, settings))
}
