import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { SendError } from './send.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Resolves a host name; connecting tries the addresses in this order. */
export type Resolve = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>

export const resolveBySystem: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true })

export interface AddressGuard {
  /**
   * For a host that is an address already, which is never looked up.
   * @throws {SendError} 'blocked address'
   */
  examineHost(hostname: string): void
  /**
   * For a name that a proxy will look up. One that is not known here is the proxy's to judge.
   * @throws {SendError} 'blocked address'
   */
  examineName(hostname: string): Promise<void>
  /** For `net.connect`: it connects to the address that was examined, so a second DNS answer cannot get round the check. */
  readonly lookup: LookupFunction
}

/**
 * Keeps requests away from this machine, private networks and reserved ranges. One private address among those of a
 * name is enough to refuse it. `allow` lists host names, addresses and CIDR ranges that are let through all the same.
 */
export function createAddressGuard(options: {
  readonly blockPrivateAddresses: boolean
  readonly allow: readonly string[]
  readonly resolve: Resolve
}): AddressGuard {
  const names = new Set(options.allow.map(plainName))
  const ranges = options.allow.flatMap(rangeOf)

  const passes = (address: string): boolean => {
    if (!options.blockPrivateAddresses) return true
    const parsed = parse(address)
    if (parsed === null) return false
    const forms = [parsed, ...embeddedV4(parsed)]
    if (forms.some((form) => ranges.some((range) => within(form, range)))) return true
    return forms.every(isPublic)
  }

  const refuse = (hostname: string, address: string): never => {
    const where = hostname === address ? hostname : `${hostname} is ${address}, which`
    throw new SendError(
      'no',
      'blocked address',
      `${where} is in a private or reserved network; to allow it, add it to allow_addresses`,
    )
  }

  async function resolve(hostname: string): Promise<{ address: string; family: number }[]> {
    const found = await options.resolve(hostname)
    const bad = names.has(plainName(hostname)) ? undefined : found.find(({ address }) => !passes(address))
    if (bad !== undefined) refuse(hostname, bad.address)
    if (found.length === 0) throw Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' })
    return found.map(({ address, family }) => ({ address, family }))
  }

  return {
    examineHost(hostname) {
      const host = hostname.replace(/^\[|\]$/g, '')
      if (parse(host) === null || names.has(plainName(host))) return
      if (!passes(host)) refuse(host, host)
    },
    async examineName(hostname) {
      if (!options.blockPrivateAddresses) return
      await resolve(hostname).catch((error: unknown) => {
        if (error instanceof SendError) throw error
      })
    },
    lookup(hostname, { all }, callback) {
      resolve(hostname).then(
        (found) => {
          if (all === true) return callback(null, found)
          const [first] = found
          callback(null, first?.address ?? '', first?.family)
        },
        (error: NodeJS.ErrnoException) => callback(error, ''),
      )
    },
  }
}

const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '')

function parse(text: string): Address | null {
  // A zone ("fe80::1%eth0") names an interface of this machine; it changes nothing about the range.
  const [address = ''] = text.split('%')
  return ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address) ? ipaddr.parse(address) : null
}

function rangeOf(text: string): [Address, number][] {
  const [address = '', bits] = text.split('/')
  const parsed = parse(address.replace(/^\[|\]$/g, ''))
  if (parsed === null) return []
  const all = parsed.kind() === 'ipv4' ? 32 : 128
  const length = bits === undefined ? all : Number(bits)
  return Number.isInteger(length) && length >= 0 && length <= all && bits !== '' ? [[parsed, length]] : []
}

function within(address: Address, [network, bits]: [Address, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}

/** Only 2000::/3 is handed out as global unicast (IANA IPv6 address space registry); the rest is special or unassigned. */
const globalUnicast: [Address, number] = [ipaddr.parse('2000::'), 3]

function isPublic(address: Address): boolean {
  // A wrapping: the IPv4 address in it decides alone.
  if (carriers.some(({ network }) => within(address, network))) return true
  if (address.kind() === 'ipv6' && !within(address, globalUnicast)) return false
  return address.range() === 'unicast'
}

const carriers: readonly { readonly network: [Address, number]; readonly at: number }[] = [
  { network: [ipaddr.parse('::ffff:0:0'), 96], at: 12 }, // IPv4-mapped, RFC 4291
  { network: [ipaddr.parse('64:ff9b::'), 96], at: 12 }, // NAT64, RFC 6052
  { network: [ipaddr.parse('2002::'), 16], at: 2 }, // 6to4, RFC 3056
]

function embeddedV4(address: Address): Address[] {
  if (address.kind() === 'ipv4') return []
  const bytes = address.toByteArray()
  const at = carriers.find(({ network }) => within(address, network))?.at ?? isatapAt(bytes)
  return at === null ? [] : [new ipaddr.IPv4(bytes.slice(at, at + 4))]
}

/** ISATAP puts an IPv4 address behind 00-00-5E-FE or 02-00-5E-FE, under any prefix. RFC 5214, section 6.1. */
function isatapAt(bytes: readonly number[]): number | null {
  return ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe ? 12 : null
}
