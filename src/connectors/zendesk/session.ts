import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { CommentEffect, StateEffect } from '../contract/effect.ts'
import { markerOf } from '../kit/marker.ts'
import { createAccess, scopeOf } from './access.ts'
import { type Agent, agentOf } from './agent.ts'
import { type Api, type CommentPage, createApi, type Ticket, updatedOf } from './api.ts'
import { check } from './check.ts'
import { commentHtml } from './message.ts'
import { createPacing } from './pacing.ts'
import type { Place } from './place.ts'
import { isStale, refusedUpdate, ticketClosed } from './refusal.ts'
import type { Settings } from './settings.ts'
import { stories } from './stories.ts'
import { createView } from './view.ts'

/** Zendesk's times are whole seconds, and the clocks are compared over the network. */
const CLOCK_MARGIN_MS = 5_000
/** Where Zendesk does not tell its time, its clock may be this wrong. */
const UNKNOWN_CLOCK_MARGIN_MS = 5 * 60 * 1000

export function openSession(settings: Settings, { origin, login, viewId }: Place, tools: Tools): Session {
  const { send, now, credentials } = tools
  const name = `zendesk/${tools.integration}/oauth`
  const store =
    credentials === undefined
      ? null
      : { load: () => credentials.load(name), save: (value: string) => credentials.save(name, value) }
  const access = createAccess(login, { origin, send, now, store, scope: scopeOf(settings) })
  const api = createApi({ origin, login, access, send, now })
  const view = viewId === null ? null : createView(api, viewId, login)
  const pacing = createPacing(now)
  /** What a ticket was like when the effect was not yet in it: the next try must find it unchanged. */
  const seen = new Map<string, Ticket>()
  let agent: Agent | null = null
  let proven = false
  let exposed: string | null = null

  async function whoAmI(): Promise<Agent> {
    agent ??= agentOf(await api.me())
    return agent
  }

  function take(ticketId: string): void {
    const wait = pacing.take(ticketId)
    if (wait === null) return
    if (wait.limit === 'ticket')
      throw new DeliveryError('retry', `ticket ${ticketId} has had 30 updates in ten minutes, all that Zendesk takes`, {
        retryAfterMs: wait.ms,
      })
    throw new DeliveryError('hold', 'the relay has made 100 updates within a minute, all that Zendesk takes', {
      retryAfterMs: wait.ms,
    })
  }

  function receipt(ticketId: string, commentId: number, note?: string): Receipt {
    const url = `${origin}/agent/tickets/${ticketId}`
    return note === undefined ? { id: String(commentId), url } : { id: String(commentId), url, note }
  }

  return {
    async perform(job) {
      if (exposed !== null) {
        const reason = exposed
        // Whoever resumes the integration has seen to it; should it happen again, it is paused again.
        exposed = null
        agent = null
        throw new DeliveryError('pause', reason)
      }
      const { effect, story, ticketId } = partsOf(job)
      const { id: me } = await whoAmI()
      const ticket = seen.get(job.key) ?? (await api.ticket(ticketId))
      seen.delete(job.key)
      if (ticket.status === 'closed') throw ticketClosed(ticketId, null)
      take(ticketId)
      const opens = effect.kind === 'state' && effect.state === 'started' && ticket.status === 'new'
      const answer = await api.update(ticketId, {
        comment: { html_body: commentHtml(effect, story, markerOf(job.key)), public: false },
        ...(opens ? { status: 'open' as const } : {}),
        // A human's change is never overwritten, and a first try that is still under way at Zendesk is refused.
        safe_update: true,
        updated_stamp: ticket.updated_at,
      })
      if (answer.status !== 200) {
        // The other change may have been this very comment, from a try whose answer was lost.
        const found = isStale(answer)
          ? await find(api, ticketId, job.key, me, () => Date.parse(ticket.updated_at) + 1)
          : null
        if (found !== null) return receipt(ticketId, found, 'already there')
        throw refusedUpdate(ticketId, answer, proven, now())
      }
      const updated = updatedOf(answer)
      const comment = updated?.audit.events.find(({ type }) => type === 'Comment')
      if (updated === null || String(updated.ticket.id) !== ticketId || comment === undefined)
        throw new DeliveryError(
          'in doubt',
          `Zendesk answered 200, but not with ticket ${ticketId} and its new comment`,
          {
            status: 200,
          },
        )
      if (comment.public === true) {
        exposed = `Zendesk made a comment of ticket ${ticketId} public although a private one was asked for; make it private there, and see that the user is an agent who may write private comments`
        throw new DeliveryError('dead', exposed, { status: 200 })
      }
      proven = true
      return receipt(ticketId, comment.id)
    },

    async confirm(job, since) {
      const { ticketId } = partsOf(job)
      const { id: me } = await whoAmI()
      // The ticket before its comments: a comment that comes between the two makes this stamp stale.
      const ticket = await api.ticket(ticketId).catch(whenGone)
      if (ticket === null) return 'absent'
      const found = await find(api, ticketId, job.key, me, (page) => atZendesk(since, page.answeredAt, now())).catch(
        whenGone,
      )
      if (found !== null) return receipt(ticketId, found, 'already there')
      seen.set(job.key, ticket)
      return 'absent'
    },

    ...(view === null ? {} : { stories: () => stories(view, api, tools) }),

    check: () => check({ settings, origin, login, access, api, view }),
  }
}

function partsOf(job: Job) {
  const { effect, story, ticket } = job
  if (effect.kind !== 'comment' && effect.kind !== 'state')
    throw new DeliveryError('dead', `a Zendesk ticket cannot show an effect of the kind "${effect.kind}"`)
  if (ticket === null || story === null) throw new DeliveryError('dead', 'the story is linked to no Zendesk ticket')
  if (!/^\d{1,18}$/.test(ticket.externalId))
    throw new DeliveryError('dead', `"${ticket.externalId.slice(0, 40)}" is no number of a Zendesk ticket`)
  return { effect: effect satisfies CommentEffect | StateEffect, story, ticketId: String(Number(ticket.externalId)) }
}

function whenGone(error: unknown): null {
  if (error instanceof DeliveryError && error.verdict === 'dead') return null
  throw error
}

/**
 * The private comment by this user that ends with the delivery's marker and is no older than `notBefore`, so that a
 * replay on purpose is not taken for the one before; null when Zendesk has none.
 */
async function find(
  api: Api,
  ticketId: string,
  key: string,
  author: number,
  notBefore: (page: CommentPage) => number,
): Promise<number | null> {
  const marker = markerOf(key)
  let cursor: string | null = null
  do {
    const page: CommentPage = await api.comments(ticketId, cursor)
    const earliest = notBefore(page)
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
    // Only where the page shows that the newest do come first, all that follows is older still.
    if (first > last && last < earliest) return null
    cursor = page.next
  } while (cursor !== null)
  return null
}

/** A moment of our clock on Zendesk's, in milliseconds since 1970 and rather too early. */
function atZendesk(moment: Date, answeredAt: Date | null, now: Date): number {
  if (answeredAt === null) return moment.getTime() - UNKNOWN_CLOCK_MARGIN_MS
  return moment.getTime() + Math.min(0, answeredAt.getTime() - now.getTime()) - CLOCK_MARGIN_MS
}
