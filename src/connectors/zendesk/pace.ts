import { DeliveryError } from '../contract/delivery-error.ts'

/**
 * Zendesk allows 30 updates of one ticket by one user in ten minutes, and 100 ticket updates a minute in an account
 * (developer.zendesk.com, "Rate limits", endpoint limits). Others share these, so a 429 is still possible.
 */
const TICKET = { updates: 30, ms: 10 * 60 * 1000 }
const ACCOUNT = { updates: 100, ms: 60 * 1000 }

/** Counts an update before it is sent. @throws {DeliveryError} at a limit, with the wait until it allows one more */
export type Pace = (ticketId: string) => void

/** @param now milliseconds of a clock that nobody sets */
export function createPace(now: () => number): Pace {
  const tickets = new Map<string, number[]>()
  let account: number[] = []

  return (ticketId) => {
    const at = now()
    account = recent(account, at, ACCOUNT.ms)
    for (const [id, times] of tickets) {
      const kept = recent(times, at, TICKET.ms)
      if (kept.length === 0) tickets.delete(id)
      else tickets.set(id, kept)
    }
    const ticket = tickets.get(ticketId) ?? []
    const [oldestOfTicket = at] = ticket
    if (ticket.length >= TICKET.updates)
      throw new DeliveryError(
        'retry',
        `ticket ${ticketId} has had 30 updates in ten minutes, the most that Zendesk allows`,
        { retryAfterMs: oldestOfTicket + TICKET.ms - at },
      )
    const [oldest = at] = account
    if (account.length >= ACCOUNT.updates)
      throw new DeliveryError('hold', 'the relay has made 100 updates within a minute, the most that Zendesk allows', {
        retryAfterMs: oldest + ACCOUNT.ms - at,
      })
    account.push(at)
    tickets.set(ticketId, [...ticket, at])
  }
}

function recent(times: readonly number[], at: number, ms: number): number[] {
  return times.filter((time) => time > at - ms)
}
