import { DeliveryError } from '../contract/delivery-error.ts'
import type { User } from './api.ts'

/** Why nothing may be written as this user; null when something may. */
export function unfit(user: User): string | null {
  if (user.id === null)
    return 'Zendesk sees no login and takes the relay for an anonymous visitor; check the login, and that url is not behind something that removes it'
  if (user.suspended === true || user.active === false)
    return `Zendesk's user ${user.id} is suspended or deleted; log in as another one`
  if (user.role !== 'agent' && user.role !== 'admin')
    return `Zendesk's user ${user.id} is an end user, whose comments are public; log in as an agent or administrator`
  return null
}

/**
 * The id of a user who can write private comments.
 * @throws {DeliveryError} 'hold' for anybody else, since the comment would be public or lost
 */
export function agentOf(user: User): number {
  const problem = unfit(user)
  if (problem !== null || user.id === null) throw new DeliveryError('hold', problem ?? 'Zendesk sees no login')
  return user.id
}
