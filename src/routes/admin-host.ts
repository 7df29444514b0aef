import { isIP } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problems.ts'

/** The names that always lead to this machine, whatever a name server says. */
const OWN_NAMES = ['localhost']

/**
 * Refuses requests by a name that is not the relay's: a web page can have its own name lead to this machine, and its
 * visitor's browser then takes the relay for a part of that page (DNS rebinding). An address is no such name.
 * X-Forwarded-Host does not count, since such a page can set it.
 * @param names without ports
 * @returns null if the request may proceed, else the answer
 */
export function admitHost(request: FastifyRequest, reply: FastifyReply, names: readonly string[]): FastifyReply | null {
  const name = hostNameIn(request.headers.host)
  if (name !== null && ([...OWN_NAMES, ...names].some((one) => isSame(one, name)) || isIP(name) !== 0)) return null
  return sendProblem(reply, 'wrong-host', {
    detail: `the Host header names ${name === null ? 'no host' : `"${name.slice(0, 100)}"`}; use the host of server.public_url, an IP address or localhost, or add the name to admin.hosts`,
  })
}

/** Without the port, and without the brackets of an IPv6 address. */
function hostNameIn(host = ''): string | null {
  return (
    /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::\d{1,5})?$/i
      .exec(host)
      ?.slice(1)
      .find((part) => part !== undefined) ?? null
  )
}

/** A name may end with the dot of the root. */
const isSame = (one: string, other: string): boolean => plain(one) === plain(other)

const plain = (name: string): string => name.toLowerCase().replace(/^\[|\]$|\.$/g, '')
