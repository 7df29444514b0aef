import type { FastifyHelmetOptions } from '@fastify/helmet'
import type { FastifyReply } from 'fastify'

/** Scripts and styles only from the relay itself; nothing from elsewhere, and no page in a frame. */
const DIRECTIVES = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'"],
  'connect-src': ["'self'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
}

/** @param forms where forms may lead; a browser counts where the answer sends it on to */
export function helmetFor(forms: 'here' | 'anywhere'): FastifyHelmetOptions {
  const directives = forms === 'here' ? { ...DIRECTIVES, 'form-action': ["'self'"] } : DIRECTIVES
  return {
    contentSecurityPolicy: { useDefaults: false, directives },
    // Whoever has a certificate says this for the whole host, in the proxy.
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
  }
}

/** For a page in a place that has other answers too, such as a 404. */
export function protectPage(reply: FastifyReply): FastifyReply {
  const policy = Object.entries({ ...DIRECTIVES, 'form-action': ["'self'"] })
  return reply
    .header('content-security-policy', policy.map(([name, values]) => `${name} ${values.join(' ')}`).join(';'))
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'same-origin')
    .header('x-content-type-options', 'nosniff')
}
