import ipaddr from 'ipaddr.js'

/**
 * Whether a host is most likely one of the relay's own network: a private address, a name without a dot, or one of the
 * names that are kept for private use (RFC 6761, 6762, 8375, and ICANN's .internal).
 */
export function isOwnHost(hostname: string): boolean {
  const name = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
  if (ipaddr.isValid(name)) return ipaddr.process(name).range() !== 'unicast'
  return !name.includes('.') || /\.(localhost|local|internal|lan|home\.arpa|test)$/.test(name)
}
