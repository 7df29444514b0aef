import type { Link } from '../tracker/activity.ts'
import type { TicketPlace } from './match.ts'

/** An address in a text, without what usually follows one in a sentence. */
const ADDRESS = /https?:\/\/[^\s<>"'`|\\)\]}]+[^\s<>"'`|\\)\]}.,;:!?*_]/gi
const MOST_ADDRESSES = 100

/** The ticket that the address is the page of, if it is one of these places. */
export function linkAt(url: string, places: readonly TicketPlace[]): Link | null {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return null
  const found = writable(places).flatMap((place) => {
    if (place.url === null || !beginsWith(url, place.url)) return []
    const externalId = place.ticketAt?.(url) ?? null
    return externalId === null ? [] : [{ place, link: linkTo(place, externalId, url) }]
  })
  // The address that says the most: one place may be within another.
  found.sort((one, other) => (other.place.url?.length ?? 0) - (one.place.url?.length ?? 0))
  return found[0]?.link ?? null
}

/** Such as jira:ENT-17: the name of one of these places or its system, and the ticket. */
export function linkOfLabel(label: string, places: readonly TicketPlace[]): Link | null {
  const [, prefix = '', id = ''] =
    /^\s*([a-z0-9][a-z0-9_-]*)\s*:\s*(#?[\p{L}\p{N}][\p{L}\p{N}_./#-]*)\s*$/iu.exec(label) ?? []
  if (id === '') return null
  const wanted = prefix.toLowerCase()
  const all = writable(places)
  const named = all.filter(({ name }) => name === wanted)
  const ofSystem = all.filter(({ system }) => system === wanted)
  const [place, ...others] = named.length > 0 ? named : ofSystem
  if (place === undefined || others.length > 0) return null
  // Only where there are several of its system is the address needed to tell them apart.
  const isAmbiguous = all.some((other) => other !== place && other.system === place.system)
  return linkTo(place, id, isAmbiguous ? place.url : null)
}

/** The only ticket that the text leads to; null if there is none, or several. */
export function linkInText(text: string, places: readonly TicketPlace[]): Link | null {
  const found = new Map<string, Link>()
  for (const [url] of [...text.matchAll(ADDRESS)].slice(0, MOST_ADDRESSES)) {
    const link = linkAt(url, places)
    if (link !== null) found.set(JSON.stringify([link.system, link.integrationId, link.externalId]), link)
  }
  const [link = null] = found.values()
  return found.size === 1 ? link : null
}

const writable = (places: readonly TicketPlace[]): TicketPlace[] =>
  places.filter(({ importsOnly }) => importsOnly !== true)

function linkTo({ system, integrationId }: TicketPlace, externalId: string, externalUrl: string | null): Link {
  return { system, integrationId, externalId, externalUrl }
}

/** The same host and path, whole parts of it. */
function beginsWith(url: string, place: string): boolean {
  if (!URL.canParse(place)) return false
  const [one, other] = [new URL(url), new URL(place)]
  const root = other.pathname.replace(/\/+$/, '')
  return one.host === other.host && (one.pathname === root || one.pathname.startsWith(`${root}/`))
}
