import type { LinkFacts } from '../store/link-facts.ts'

/** One of the relay's integrations, seen as a place of tickets. */
export interface TicketPlace {
  readonly name: string
  readonly system: string
  /** Tracker's id of it, if the config has it. */
  readonly integrationId: string | null
  /** That its tickets' addresses begin with. */
  readonly url: string | null
  /** Its tickets become stories, but nothing is written to them. */
  readonly importsOnly?: boolean
  /** See the connector's contract. */
  ticketAt?(url: string): string | null
}

/**
 * Finds the places of a link's ticket by Tracker's id of the integration, then by the system, and among several by the
 * address. A link that names only a ticket belongs to the only place there is. Several places are returned only if they
 * are the same target.
 */
export function placesOf(link: LinkFacts, all: readonly TicketPlace[]): readonly TicketPlace[] {
  const { integrationId } = link
  const places = all.filter(({ importsOnly }) => importsOnly !== true)
  const named = integrationId === null ? [] : places.filter((place) => place.integrationId === integrationId)
  if (named.length > 0) return named
  const system = link.system ?? ANY_SYSTEM
  const open = openPlaces(link, places).filter((place) => system === ANY_SYSTEM || place.system === system)
  const address = addressOf(link.externalUrl) ?? addressOf(link.baseUrl)
  const near = address === null ? [] : closest(open, address)
  if (near.length > 0) return areOne(near) ? near : []
  // Every system has a ticket 1, so a guess could put a comment on a stranger's ticket. Another host is another system; so
  // is an integration id that no place has, unless there is only one system that the story can come from.
  if (system === ANY_SYSTEM && address !== null) return []
  if (system === ANY_SYSTEM && integrationId !== null)
    return areOne(all) && all.every((place) => place.integrationId === null) ? open : []
  const possible = open.filter(({ url }) => address === null || isSameHost(url, address))
  return areOne(possible) ? possible : []
}

/** A place with an integration id of its own takes no link of another id. */
export function openPlaces({ integrationId }: LinkFacts, places: readonly TicketPlace[]): readonly TicketPlace[] {
  return integrationId === null ? places : places.filter((place) => place.integrationId === null)
}

/** Tracker's "other" integration reads any import feed, so it can lead to any system. */
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

/** The places whose address has the most in common with the ticket's. */
function closest(places: readonly TicketPlace[], address: string): TicketPlace[] {
  const common = places.map((place) => ({ place, length: commonLength(addressOf(place.url), address) }))
  const most = Math.max(0, ...common.map(({ length }) => length))
  return common.filter(({ length }) => length > 0 && length === most).map(({ place }) => place)
}

function commonLength(place: string | null, address: string): number {
  if (place === null) return 0
  if (isWithin(address, place)) return place.length
  // Tracker's address of the integration may be shorter than the relay's.
  return isWithin(place, address) ? address.length : 0
}

/** Compares whole parts of a path, except for text after a number: /projects/100-shields is project 100. */
function isWithin(inner: string, outer: string): boolean {
  if (!inner.startsWith(outer)) return false
  const next = inner.charAt(outer.length)
  return next === '' || next === '/' || (next === '-' && /\/\d+$/.test(outer))
}

/** Host and path alone, since the same ticket is linked with http and https; null if it is not an address. */
function addressOf(text: string | null): string | null {
  if (text === null || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return null
  const { host, pathname } = new URL(text)
  return `${host}${pathname}`.replace(/\/+$/, '')
}
