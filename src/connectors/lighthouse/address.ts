import type { Ticket } from '../contract/connector.ts'
import { baseUrl } from '../kit/base-url.ts'

/** From "acme", "acme.lighthouseapp.com" or any URL below it. */
export function accountOf(text: string): string | null {
  const [host = ''] = text
    .trim()
    .replace(/^https?:\/\//i, '')
    .split(/[/?#]/)
  const name = host.toLowerCase().replace(/\.lighthouseapp\.com$/, '')
  return name !== 'www' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) ? name : null
}

export function baseOf(settings: { readonly account: string; readonly base_url?: string }): string | null {
  if (settings.base_url !== undefined) return baseUrl(settings.base_url)
  const account = accountOf(settings.account)
  return account === null ? null : `https://${account}.lighthouseapp.com`
}

/** The project's or bin's number, from 54448, "54448", "54448-lh-test" or any URL below it. */
export function numberOf(value: string | number, folder: 'projects' | 'bins'): string | null {
  const text = String(value).trim()
  const found = /^(\d{1,15})(-\S*)?$/.exec(text) ?? new RegExp(`/${folder}/(\\d{1,15})(?!\\d)`).exec(text)
  return found?.[1] ?? null
}

export function ticketNumberOf(ticket: Ticket): string | null {
  return /^#?([1-9]\d{0,11})$/.exec(ticket.externalId.trim())?.[1] ?? null
}

/** Two projects may each have a ticket 5. Null if the link does not say which project it is. */
export function projectOfTicket(ticket: Ticket | null): string | null {
  return /\/projects\/(\d{1,15})[^/]*\/tickets\//.exec(ticket?.externalUrl ?? '')?.[1] ?? null
}
