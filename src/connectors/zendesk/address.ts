/** Where requests go, or what is wrong with the setting. */
export type Site = { readonly origin: string } | { readonly problem: string }

/** What people copy from the browser's address bar; the API is always found from the origin. */
const KNOWN_PATHS = /^\/(agent(\/.*)?|admin(\/.*)?|hc(\/.*)?|api\/v2\/?)?$/

/** Reads the `url` setting: an address, a host name or a bare subdomain. */
export function siteOf(setting: string): Site {
  const text = setting.trim()
  if (/^[a-z0-9][a-z0-9-]*$/i.test(text) && text.toLowerCase() !== 'localhost')
    return { origin: `https://${text.toLowerCase()}.zendesk.com` }
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  if (!URL.canParse(address)) return { problem: 'is no address; set it like https://acme.zendesk.com' }
  const { protocol, hostname, host, origin, username, password, pathname } = new URL(address)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    return { problem: 'must begin with https://, or the login would travel readable' }
  if (`${username}${password}` !== '')
    return { problem: 'must not hold a name or password; these have settings of their own' }
  if (!KNOWN_PATHS.test(pathname)) return { problem: `must end after the host name: https://${host}` }
  return { origin }
}

/** A host-mapped address shows the help centre to customers, but the API answers at the zendesk.com host. */
export function isHostMapped(origin: string): boolean {
  const { hostname } = new URL(origin)
  return !hostname.endsWith('.zendesk.com') && !isLoopback(hostname)
}

/** The number of a view, from itself or from an address of its page; null when there is none in it. */
export function viewOf(setting: number | string): string | null {
  const text = String(setting).trim()
  if (/^\d{1,18}$/.test(text)) return text
  return /\/(?:filters|views)\/(\d{1,18})(?:[/?#.]|$)/.exec(text)?.[1] ?? null
}

/** The number of a ticket as it is in Zendesk's addresses; null when the text is none. */
export function ticketNumberOf(text: string): string | null {
  return /^\d{1,15}$/.test(text) ? String(Number(text)) : null
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
