/**
 * Zendesk takes 30 updates of one ticket by one user in ten minutes, and 100 ticket updates a minute in an account
 * (developer.zendesk.com, "Rate limits", endpoint limits). Others share these, so a 429 can come all the same.
 */
export const LIMITS = { ticket: { updates: 30, ms: 10 * 60 * 1000 }, account: { updates: 100, ms: 60 * 1000 } }

/** Which limit is reached, and the milliseconds until it lets one more through. */
export interface Wait {
  readonly limit: 'ticket' | 'account'
  readonly ms: number
}

/** Counts updates before they are sent. */
export interface Pacing {
  /** Takes a place for one update; answers a wait, and takes none, where a limit is reached. */
  take(ticketId: string): Wait | null
}

export function createPacing(now: () => Date): Pacing {
  const tickets = new Map<string, number[]>()
  let account: number[] = []

  return {
    take(ticketId) {
      const at = now().getTime()
      account = recent(account, at, LIMITS.account.ms)
      for (const [id, times] of tickets) {
        const kept = recent(times, at, LIMITS.ticket.ms)
        if (kept.length === 0) tickets.delete(id)
        else tickets.set(id, kept)
      }
      const ticket = tickets.get(ticketId) ?? []
      const [oldestOfTicket = at] = ticket
      if (ticket.length >= LIMITS.ticket.updates) return { limit: 'ticket', ms: oldestOfTicket + LIMITS.ticket.ms - at }
      const [oldest = at] = account
      if (account.length >= LIMITS.account.updates) return { limit: 'account', ms: oldest + LIMITS.account.ms - at }
      account.push(at)
      tickets.set(ticketId, [...ticket, at])
      return null
    },
  }
}

function recent(times: readonly number[], at: number, ms: number): number[] {
  return times.filter((time) => time > at - ms)
}
