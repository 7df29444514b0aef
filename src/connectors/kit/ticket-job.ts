import type { Job, StoryRef, Ticket } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { CommentEffect, StateEffect } from '../contract/effect.ts'

export interface TicketJob {
  readonly effect: CommentEffect | StateEffect
  readonly story: StoryRef
  /** As in the target's URLs. */
  readonly ticket: string
}

/**
 * @param target as people call the system: "JIRA"
 * @param nameOf the ticket's name in the system's URLs; null if the link is not to a ticket of that system. It becomes
 * part of a URL, so anything else must be refused.
 * @throws {DeliveryError} `dead` without such a ticket, or for an effect that a ticket cannot show
 */
export function ticketJob(job: Job, target: string, nameOf: (ticket: Ticket) => string | null): TicketJob {
  const { effect, story, ticket } = job
  if (effect.kind !== 'comment' && effect.kind !== 'state')
    throw new DeliveryError('dead', `${target} tickets cannot show an effect of the kind "${effect.kind}".`)
  if (story === null || ticket === null) throw new DeliveryError('dead', `The story is linked to no ${target} ticket.`)
  const name = nameOf(ticket)
  if (name === null)
    throw new DeliveryError(
      'dead',
      `The story's link "${shown(ticket.externalId)}" does not name a ${target} ticket. Correct the link in Tracker.`,
    )
  return { effect, story, ticket: name }
}

function shown(text: string): string {
  return [...text.replace(/[\p{C}\s]+/gu, ' ').trim()].slice(0, 40).join('')
}
