import type { Job, StoryRef, Ticket } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { CommentEffect, StateEffect } from '../contract/effect.ts'

/** A delivery that goes to a ticket. */
export interface TicketJob {
  readonly effect: CommentEffect | StateEffect
  readonly story: StoryRef
  /** The ticket as the target names it in its addresses. */
  readonly ticket: string
}

/**
 * The effect, the story and the ticket of a delivery.
 * @param target as a person calls the system: "JIRA"
 * @param nameOf the ticket's name in the system's addresses; null when the link names no ticket of that system. It
 * becomes part of an address, so nothing else may be let through.
 * @throws {DeliveryError} `dead` when it has no such ticket, or is no effect that a ticket can show
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
