import type { Ticket } from '../contract/connector.ts'

/** The account's name in "acme", "acme.lighthouseapp.com" or any address below it; null when the text names none. */
export function accountOf(text: string): string | null {
  const [host = ''] = text
    .trim()
    .replace(/^https?:\/\//i, '')
    .split(/[/?#]/)
  const name = host.toLowerCase().replace(/\.lighthouseapp\.com$/, '')
  return name !== 'www' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) ? name : null
}

/** The address that every request begins with, without a slash at its end; null when it cannot be read. */
export function baseOf(settings: { readonly account: string; readonly base_url?: string }): string | null {
  if (settings.base_url === undefined) {
    const account = accountOf(settings.account)
    return account === null ? null : `https://${account}.lighthouseapp.com`
  }
  const text = settings.base_url.trim()
  if (!URL.canParse(text)) return null
  const { protocol, username, password, search, hash, origin, pathname } = new URL(text)
  if (!['http:', 'https:'].includes(protocol) || `${username}${password}${search}${hash}` !== '') return null
  return `${origin}${pathname}`.replace(/\/+$/, '')
}

/** The project's number in 54448, "54448", "54448-lh-test" or any address below it; null when there is none. */
export function projectOf(value: string | number): string | null {
  const text = String(value).trim()
  const found = /^(\d{1,15})(-\S*)?$/.exec(text) ?? /\/projects\/(\d{1,15})(?!\d)/.exec(text)
  return found?.[1] ?? null
}

/** The bin's number in 48889, "48889", "48889-open-tickets" or its address; null when there is none. */
export function binOf(value: string | number): string | null {
  const text = String(value).trim()
  const found = /^(\d{1,15})(-\S*)?$/.exec(text) ?? /\/bins\/(\d{1,15})(?!\d)/.exec(text)
  return found?.[1] ?? null
}

/** The ticket's number; null when what the story is linked to is no ticket of Lighthouse. */
export function ticketNumberOf(ticket: Ticket): string | null {
  return /^#?([1-9]\d{0,11})$/.exec(ticket.externalId.trim())?.[1] ?? null
}

/** Numbers count within a project, so the same number elsewhere is another ticket; null where the link tells none. */
export function projectOfTicket(ticket: Ticket | null): string | null {
  return /\/projects\/(\d{1,15})[^/]*\/tickets\//.exec(ticket?.externalUrl ?? '')?.[1] ?? null
}
