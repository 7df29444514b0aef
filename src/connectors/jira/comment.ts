import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Response } from '../../http/send.ts'
import type { Job, Receipt, StoryRef } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { CommentEffect } from '../contract/effect.ts'
import { jsonAs } from '../kit/answer.ts'
import { endsWithMarker, markerOf } from '../kit/marker.ts'
import { sameWords } from '../kit/same-words.ts'
import { DAY_MS, earliestAtTarget } from '../kit/target-clock.ts'
import { isBy, Person } from './account.ts'
import { adfText } from './adf.ts'
import type { Api, Version } from './api.ts'
import { type IsCloud, speaksDocuments } from './deployment.ts'
import { blamedFields, explanation, said } from './explanation.ts'
import { adfComment, jsonLength, wikiComment } from './message.ts'
import { ticketPage } from './place.ts'
import type { Settings } from './settings.ts'

/** The comment property that carries a delivery's key: JIRA has no idempotency key of its own. */
const PROPERTY = 'tracker-relay'
/** By this property JIRA Service Management keeps a comment from the customers' portal (its REST API, "request comments"). */
const INTERNAL = 'sd.public.comment'
const PAGE = 50
/** More than the comments that JIRA allows on a ticket (5,000 in the Cloud). */
const MOST_PAGES = 200

const Property = Type.Object({ key: Type.String() })
const Posted = Type.Object({ id: Type.String() })
const PostedComment = Type.Object({
  id: Type.String(),
  created: Type.String(),
  /** Wiki markup in version 2 of the API, a document in version 3. */
  body: Type.Optional(Type.Unknown()),
  author: Type.Optional(Person),
  properties: Type.Optional(Type.Array(Type.Object({ key: Type.String(), value: Type.Optional(Type.Unknown()) }))),
})
const CommentPage = Type.Object({ startAt: Type.Integer(), total: Type.Integer(), comments: Type.Array(PostedComment) })
type PostedComment = Static<typeof PostedComment>

export interface CommentJob extends Pick<Job, 'kept' | 'keep'> {
  readonly key: string
  readonly effect: CommentEffect
  readonly story: StoryRef
  readonly ticket: string
  readonly targetTime: Date | null
  readonly receipted: Job['receipted']
}

export interface Comments {
  /** @throws {DeliveryError} */
  perform(job: CommentJob): Promise<Receipt>
  /**
   * The property is proof, or on a server without properties the marker at the end of a comment by our account. What a
   * receipt names is from before a replay on purpose.
   * @throws {DeliveryError}
   */
  confirm(job: CommentJob, since: Date): Promise<Receipt | 'absent' | 'cannot tell'>
}

type CommentSettings = Pick<Settings, 'comment_limit' | 'comment_visibility' | 'internal_comments' | 'visible_marker'>

export function createComments(api: Api, isCloud: IsCloud, settings: CommentSettings): Comments {
  const { comment_limit: limit, comment_visibility, internal_comments, visible_marker } = settings

  /** @param isMarked whether it must be known by its text alone */
  function bodyOf({ key, effect, story }: CommentJob, version: Version, isMarked: boolean): string | object {
    const parts = { effect, story, limit, marker: isMarked ? markerOf(key) : null }
    return version === 3 ? adfComment(parts) : wikiComment(parts)
  }

  /** Whether Cloud counts the words of a document or all of it is not documented, so the longer one goes first. */
  function bodiesFor(job: CommentJob, version: Version): readonly (string | object)[] {
    const body = bodyOf(job, version, visible_marker)
    if (typeof body === 'string') return [body]
    const { effect, story, key } = job
    const longer = adfComment({ effect, story, limit, marker: visible_marker ? markerOf(key) : null }, 'words')
    return jsonLength(longer) > limit ? [longer, body] : [body]
  }

  /** Without a mark, a server that does not show the property can be searched for the words alone. */
  function wordsOf(job: CommentJob, version: Version): readonly string[] {
    return job.kept === null ? bodiesFor(job, version).map(adfText) : (JSON.parse(job.kept) as string[])
  }

  return {
    async perform(job) {
      const { key, ticket } = job
      // If anonymous users may comment, a failed login would post anonymously, so it is proven first.
      await api.me()
      const version = (await speaksDocuments(isCloud)) ? 3 : 2
      const visibility = comment_visibility === undefined ? {} : { visibility: comment_visibility }
      const properties = [
        { key: PROPERTY, value: { key } },
        ...(internal_comments ? [{ key: INTERNAL, value: { internal: true } }] : []),
      ]
      const path = `/issue/${encodeURIComponent(ticket)}/comment`
      const [body, shorter] = bodiesFor(job, version)
      if (!visible_marker && job.kept === null) await job.keep(JSON.stringify(wordsOf(job, version)))
      let answer = await api.write(path, { body, ...visibility, properties }, version)
      // Nothing was written.
      if (answer.status === 400 && shorter !== undefined)
        answer = await api.write(path, { body: shorter, ...visibility, properties }, version)
      // Nothing was written: this server is too old for comment properties.
      if (answer.status === 400 && /unrecognized field.{0,20}properties/i.test(answer.text()))
        answer = await api.write(path, { body: bodyOf(job, version, true), ...visibility }, version)
      if (answer.status !== 201 && answer.status !== 200) throw refusedComment(answer, api, limit, ticket)
      // The id only helps the operator: an answer that cannot be read is still a success.
      const id = jsonAs(answer, Posted)?.id ?? null
      return { id, url: ticketPage(api.place, ticket, id) }
    },

    async confirm(job, since) {
      const { key, ticket } = job
      const me = await api.me()
      const version = (await speaksDocuments(isCloud)) ? 3 : 2
      const unmarked = visible_marker ? [] : wordsOf(job, version)
      const isOurs = (comment: PostedComment, from: Date): boolean => {
        const property = comment.properties?.find((each) => each.key === PROPERTY)
        if (property !== undefined) return Value.Check(Property, property.value) && property.value.key === key
        if (!isBy(comment.author, me)) return false
        // The mark is the same however the words were composed and escaped, by this release or another.
        const words = adfText(comment.body)
        if (endsWithMarker(words, key)) return true
        const isSame = unmarked.some((each) => sameWords(words, each))
        return isSame && Date.parse(comment.created) >= from.getTime()
      }
      const found = await searchNewest(api, { ...job, version }, since, isOurs)
      if (found === 'absent' || found === 'cannot tell') return found
      return { id: found.id, url: ticketPage(api.place, ticket, found.id), note: 'already there' }
    },
  }
}

/** From the newest comment to the first that is older than the attempt. */
async function searchNewest(
  api: Api,
  place: CommentsOf & Pick<CommentJob, 'targetTime' | 'receipted'>,
  since: Date,
  isOurs: (comment: PostedComment, from: Date) => boolean,
): Promise<PostedComment | 'absent' | 'cannot tell'> {
  const first = await commentPage(api, place, 0)
  // A server that ignores orderBy begins with the oldest, so it is read backwards from the last page.
  const step = isOldestFirst(first.comments) ? -PAGE : first.comments.length
  let page = first
  let startAt = 0
  for (let pages = 1; pages <= MOST_PAGES; pages += 1) {
    const from = earliestAtTarget({ since, targetTime: place.targetTime }, page.clock, api.now(), DAY_MS)
    const candidates = page.comments.filter((comment) => isOurs(comment, from))
    const others = candidates.length === 0 ? null : await place.receipted(candidates.map(({ id }) => id))
    const found = candidates.find(({ id }) => others?.has(id) !== true)
    if (found !== undefined) return found
    const isFirstOfMany = pages === 1 && step < 0
    if (!isFirstOfMany && page.comments.some(({ created }) => Date.parse(created) < from.getTime())) return 'absent'
    startAt = isFirstOfMany ? page.total - PAGE : startAt + step
    if (step === 0 || startAt >= page.total || startAt <= -PAGE || first.comments.length >= page.total) return 'absent'
    page = await commentPage(api, place, Math.max(0, startAt))
  }
  return 'cannot tell'
}

interface CommentsOf {
  readonly ticket: string
  readonly version: Version
}

async function commentPage(api: Api, { ticket, version }: CommentsOf, startAt: number) {
  const query = `orderBy=-created&startAt=${startAt}&maxResults=${PAGE}&expand=properties`
  const path = `/issue/${encodeURIComponent(ticket)}/comment?${query}`
  const { value, clock } = await api.read(path, CommentPage, { version, maxBytes: 16 * 1024 * 1024 })
  return { ...value, clock }
}

function isOldestFirst(comments: readonly PostedComment[]): boolean {
  const first = Date.parse(comments.at(0)?.created ?? '')
  const last = Date.parse(comments.at(-1)?.created ?? '')
  return first < last
}

function refusedComment(answer: Response, { place }: Api, limit: number, ticket: string): DeliveryError {
  const { status } = answer
  const blamed = blamedFields(answer)
  const dead = (message: string): DeliveryError => new DeliveryError('dead', message, { status })
  if (blamed.includes('commentLevel') || blamed.includes('visibility'))
    return dead(
      'JIRA refuses comment_visibility: the account must be a member of that project role or group in the project of ' +
        `${ticket}; nothing was posted, so that it is not seen by others.`,
    )
  // "The entered text is too long. It exceeds the allowed limit of 32,767 characters.", in any language.
  const isLong = /too long|limit|\d{2}[.,\s\u00a0\u202f]?\d{3}/i.test(explanation(answer, place.login))
  if (status === 400 && (blamed.includes('comment') || blamed.includes('body')) && isLong)
    return dead(`JIRA takes no comment of this length: lower comment_limit, now ${limit}.`)
  if (status === 413) return dead(`JIRA's limit of comments on one ticket is reached on ${ticket}.`)
  if (status === 404)
    return dead(
      `JIRA does not show ${ticket} to the account: it was deleted, or the account lacks the permission "Browse ` +
        'projects" or "Add comments" in its project.',
    )
  const refused = said(answer, place.login)
  if (status === 400 || status === 403)
    return dead(`${refused} (the account needs the permission "Add comments" in the project of ${ticket})`)
  return dead(refused)
}
