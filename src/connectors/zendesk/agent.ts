import { DeliveryError } from '../contract/delivery-error.ts'
import type { User } from './api.ts'

/** Why nothing may be written as this user; null if it can write private comments. */
export function unfit(user: User): string | null {
  if (user.id === null)
    return 'Zendesk treats the relay as an anonymous visitor, because it received no login; check the login, and that no proxy before url removes it'
  if (user.suspended === true || user.active === false)
    return `Zendesk's user ${user.id} is suspended or deleted; log in as another user`
  if (user.role !== 'agent' && user.role !== 'admin')
    return `Zendesk's user ${user.id} is an end user, whose comments are public; log in as an agent or administrator`
  return null
}

/** The user's id. @throws {DeliveryError} `hold` if it cannot write private comments */
export function agentOf(user: User): number {
  const problem = unfit(user)
  if (problem !== null || user.id === null) throw new DeliveryError('hold', problem ?? 'Zendesk received no login')
  return user.id
}
