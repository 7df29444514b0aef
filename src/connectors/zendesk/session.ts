import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { markerOf } from '../kit/marker.ts'
import { untilReaderStops } from '../kit/pages.ts'
import { DAY_MS, earliestAtTarget } from '../kit/target-clock.ts'
import { type TicketJob, ticketJob } from '../kit/ticket-job.ts'
import { ticketNumberOf } from './address.ts'
import { agentOf } from './agent.ts'
import { addedComment, createApi, type Ticket, type Update, zendeskCalls } from './api.ts'
import { check } from './check.ts'
import { authorizerOf, scopeOf } from './login.ts'
import { commentHtml } from './message.ts'
import { ownComment } from './own-comment.ts'
import { createPace } from './pace.ts'
import type { Place } from './place.ts'
import { isStale, refusedUpdate, ticketClosed } from './refusal.ts'
import type { Settings } from './settings.ts'
import { stories } from './stories.ts'
import { createView } from './view.ts'

export function openSession(settings: Settings, place: Place, tools: Tools): Session {
  const { origin, login, viewId } = place
  const { now } = tools
  const authorizer = authorizerOf(login, origin, scopeOf(settings, viewId !== null), tools)
  const calls = zendeskCalls(place, authorizer, tools)
  const api = createApi(calls, place)
  const view = viewId === null ? null : createView(calls, viewId, login)
  const takeTurn = createPace(tools.steady)
  /** Tickets as they were without the effect; the next try must find them unchanged. */
  const seen = new Map<string, Ticket>()
  let agent: number | null = null
  let proven = false
  let exposed: string | null = null

  async function whoAmI(): Promise<number> {
    agent ??= agentOf(await api.me())
    return agent
  }

  function receipt(ticket: string, commentId: number, note?: string): Receipt {
    const url = `${origin}/agent/tickets/${ticket}`
    return note === undefined ? { id: String(commentId), url } : { id: String(commentId), url, note }
  }

  /** A person who resumes the integration has seen to what was made public; should it happen again, it is paused again. */
  function stopOnceExposed(): void {
    if (exposed === null) return
    const reason = exposed
    exposed = null
    agent = null
    throw new DeliveryError('pause', reason)
  }

  async function perform(job: Job): Promise<Receipt> {
    stopOnceExposed()
    const { effect, story, ticket } = jobOf(job)
    const author = await whoAmI()
    const marker = markerOf(job.key)
    const before = seen.get(job.key) ?? (await api.ticket(ticket))
    seen.delete(job.key)
    if (before.status === 'closed') throw ticketClosed(ticket, null)
    takeTurn(ticket)
    const answer = await api.update(ticket, updateOf(effect, before, commentHtml(effect, story, marker)))
    if (answer.status !== 200) {
      const since = new Date(Date.parse(before.updated_at) + 1)
      // The other change may have been this very comment, from a try whose answer was lost.
      const { receipted } = job
      const sought = { ticket, author, marker, notBefore: () => since, receipted }
      const found = isStale(answer) ? await ownComment(api, sought) : null
      if (found !== null) return receipt(ticket, found, 'already there')
      throw refusedUpdate(ticket, answer, proven, now())
    }
    const comment = addedComment(answer, ticket)
    if (comment === null)
      throw new DeliveryError('in doubt', `Zendesk answered 200, but not with ticket ${ticket} and its new comment`, {
        status: 200,
      })
    if (comment.public === true) {
      exposed = `Zendesk made a comment of ticket ${ticket} public although a private one was asked for; make it private there, and see that the user is an agent who may write private comments`
      throw new DeliveryError('dead', exposed, { status: 200 })
    }
    proven = true
    return receipt(ticket, comment.id)
  }

  async function confirm(job: Job, since: Date): Promise<Receipt | 'absent'> {
    const { ticket } = jobOf(job)
    const author = await whoAmI()
    try {
      // The ticket before its comments: a comment that comes between the two makes this stamp stale.
      const before = await api.ticket(ticket)
      const found = await ownComment(api, {
        ticket,
        author,
        marker: markerOf(job.key),
        notBefore: (clock) => earliestAtTarget({ since, targetTime: job.targetTime }, clock, now(), DAY_MS),
        receipted: job.receipted,
      })
      if (found !== null) return receipt(ticket, found, 'already there')
      seen.set(job.key, before)
      return 'absent'
    } catch (error) {
      // A ticket that is gone has no comment.
      if (error instanceof DeliveryError && error.verdict === 'dead') return 'absent'
      throw error
    }
  }

  return {
    perform,
    confirm,
    ...(view === null ? {} : { stories: () => untilReaderStops(tools, (tools) => stories(view, api, tools)) }),
    check: () => check({ settings, place, authorizer, api, view }),
  }
}

function jobOf(job: Job): TicketJob {
  return ticketJob(job, 'Zendesk', ({ externalId }) => ticketNumberOf(externalId))
}

function updateOf(effect: TicketJob['effect'], before: Ticket, html: string): Update {
  const opens = effect.kind === 'state' && effect.state === 'started' && before.status === 'new'
  return {
    comment: { html_body: html, public: false },
    ...(opens ? { status: 'open' } : {}),
    // A human's change is never overwritten, and a first try that is still under way at Zendesk is refused.
    safe_update: true,
    updated_stamp: before.updated_at,
  }
}
