/** What people copy from the address bar. */
const KNOWN_PATHS = /^\/(agent(\/.*)?|admin(\/.*)?|hc(\/.*)?|api\/v2\/?)?$/

export function siteOf(setting: string): { readonly origin: string } | { readonly problem: string } {
  const text = setting.trim()
  if (/^[a-z0-9][a-z0-9-]*$/i.test(text) && text.toLowerCase() !== 'localhost')
    return { origin: `https://${text.toLowerCase()}.zendesk.com` }
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  if (!URL.canParse(address)) return { problem: 'must be a URL such as https://acme.zendesk.com' }
  const { protocol, hostname, host, origin, username, password, pathname } = new URL(address)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    return { problem: 'must begin with https://, so that the login is encrypted' }
  if (`${username}${password}` !== '')
    return { problem: 'must not contain a name or password; set the settings for the login' }
  if (!KNOWN_PATHS.test(pathname)) return { problem: `must end after the host name: https://${host}` }
  return { origin }
}

/** At such a host customers see the help centre; the API answers only at the zendesk.com host. */
export function isHostMapped(origin: string): boolean {
  const { hostname } = new URL(origin)
  return !hostname.endsWith('.zendesk.com') && !isLoopback(hostname)
}

export function viewOf(setting: number | string): string | null {
  const text = String(setting).trim()
  if (/^\d{1,18}$/.test(text)) return text
  return /\/(?:filters|views)\/(\d{1,18})(?:[/?#.]|$)/.exec(text)?.[1] ?? null
}

/** Without leading zeros; null if the text is not a ticket number. */
export function ticketNumberOf(text: string): string | null {
  return /^\d{1,15}$/.test(text) ? String(Number(text)) : null
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
