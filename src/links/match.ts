import type { LinkFacts } from '../store/link-facts.ts'

/** One of the relay's integrations, as a place where tickets are. */
export interface TicketPlace {
  readonly name: string
  /** The connector's name, which is also what Tracker calls the system. */
  readonly system: string
  /** Tracker's id of it, where the config tells it. */
  readonly integrationId: string | null
  /** The address that its tickets' pages begin with. */
  readonly url: string | null
}

/**
 * The places where the link's ticket is: found by Tracker's id of the integration, then by the system, and among
 * several by the address; what tells nothing more than a ticket belongs to the only place there is. Several places
 * come only when they are the same target. Pure.
 */
export function placesOf(link: LinkFacts, places: readonly TicketPlace[]): readonly TicketPlace[] {
  const { integrationId } = link
  const named = integrationId === null ? [] : places.filter((place) => place.integrationId === integrationId)
  if (named.length > 0) return named
  const system = link.system ?? ANY_SYSTEM
  const open = openPlaces(link, places).filter((place) => system === ANY_SYSTEM || place.system === system)
  const address = addressOf(link.externalUrl) ?? addressOf(link.baseUrl)
  const near = address === null ? [] : closest(open, address)
  if (near.length > 0) return areOne(near) ? near : []
  // Numbers are the same everywhere, so a guess could put a comment on a stranger's ticket: another host is another
  // system, and so is, where nothing else is known, an integration of Tracker's that no place names.
  if (system === ANY_SYSTEM && (address !== null || integrationId !== null)) return []
  const possible = open.filter(({ url }) => address === null || isSameHost(url, address))
  return areOne(possible) ? possible : []
}

/** The places that a link can lead to: with an id of its own, a place takes no link of another id. */
export function openPlaces({ integrationId }: LinkFacts, places: readonly TicketPlace[]): readonly TicketPlace[] {
  return integrationId === null ? places : places.filter((place) => place.integrationId === null)
}

/** Tracker's "other" integration reads whatever the import feed shows, so it can lead to any system. */
const ANY_SYSTEM = 'other'

/** A place without an address can be anywhere. */
function isSameHost(place: string | null, address: string): boolean {
  const own = addressOf(place)
  return own === null || hostOf(own) === hostOf(address)
}

const hostOf = (address: string): string => address.split('/', 1)[0] ?? ''

function areOne(places: readonly TicketPlace[]): boolean {
  return new Set(places.map(({ system, url }) => JSON.stringify([system, addressOf(url)]))).size === 1
}

/** Those whose address and the ticket's have the most in common. */
function closest(places: readonly TicketPlace[], address: string): TicketPlace[] {
  const common = places.map((place) => ({ place, length: commonLength(addressOf(place.url), address) }))
  const most = Math.max(0, ...common.map(({ length }) => length))
  return common.filter(({ length }) => length > 0 && length === most).map(({ place }) => place)
}

function commonLength(place: string | null, address: string): number {
  if (place === null) return 0
  if (isWithin(address, place)) return place.length
  // Tracker may keep a shorter address for the integration than the relay does.
  return isWithin(place, address) ? address.length : 0
}

/** A part of a path is taken whole, but for what follows a number: /projects/100-shields is project 100. */
function isWithin(inner: string, outer: string): boolean {
  if (!inner.startsWith(outer)) return false
  const next = inner.charAt(outer.length)
  return next === '' || next === '/' || (next === '-' && /\/\d+$/.test(outer))
}

/** Host and path alone: the same ticket is linked with http and https. Null for what is no address. */
function addressOf(text: string | null): string | null {
  if (text === null || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return null
  const { host, pathname } = new URL(text)
  return `${host}${pathname}`.replace(/\/+$/, '')
}
