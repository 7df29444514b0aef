import type { Job } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { CommentEffect, StateEffect } from '../contract/effect.ts'

/**
 * The effect and the ticket's key of a delivery that JIRA can carry out. The key becomes part of an address, so
 * nothing but a key ("TEST-1280") or an id ("10002") is let through.
 * @throws {DeliveryError} 'dead' for anything else
 */
export function asTicketEffect(job: Job): { effect: CommentEffect | StateEffect; ticket: string } {
  const { effect } = job
  if (effect.kind !== 'comment' && effect.kind !== 'state')
    throw new DeliveryError('dead', `JIRA has no use for an effect of the kind "${effect.kind}".`)
  if (job.ticket === null) throw new DeliveryError('dead', 'The story is linked to no JIRA ticket.')
  const ticket = job.ticket.externalId.trim()
  if (!/^(\d{1,19}|[A-Za-z][A-Za-z0-9_]{0,254}-\d{1,19})$/.test(ticket))
    throw new DeliveryError(
      'dead',
      'The story is linked to something that is no JIRA ticket key like "TEST-12"; mend its link in Tracker.',
    )
  return { effect, ticket }
}
