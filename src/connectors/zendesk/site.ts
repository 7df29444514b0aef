/** Where requests go, or what is wrong with the setting. */
export type Site = { readonly origin: string } | { readonly problem: string }

/** What people copy from the browser's address bar; the API is always found from the origin. */
const KNOWN_PATHS = /^\/(agent(\/.*)?|admin(\/.*)?|hc(\/.*)?|api\/v2\/?)?$/

/** Reads the `url` setting: an address, a host name or a bare subdomain. */
export function siteOf(setting: string): Site {
  const text = setting.trim()
  if (/^[a-z0-9][a-z0-9-]*$/i.test(text) && text.toLowerCase() !== 'localhost')
    return { origin: `https://${text.toLowerCase()}.zendesk.com` }
  const url = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null) return { problem: 'is no address; set it like https://acme.zendesk.com' }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    return { problem: 'must begin with https://, or the login would travel readable' }
  if (url.username !== '' || url.password !== '')
    return { problem: 'must not hold a name or password; these have settings of their own' }
  if (!KNOWN_PATHS.test(url.pathname)) return { problem: `must end after the host name: https://${url.host}` }
  return { origin: url.origin }
}

/** A host-mapped address shows the help centre to customers, but the API answers at the zendesk.com host. */
export function isHostMapped(origin: string): boolean {
  const { hostname } = new URL(origin)
  return !hostname.endsWith('.zendesk.com') && !isLoopback(hostname)
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

function parse(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}
