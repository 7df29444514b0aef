import { isIPv6 } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problems.ts'

/** What a secret opens: each has a count of its own, so that guesses at one never shut another. */
export type Door = keyof typeof WRONG

const WRONG = {
  hook: 'unknown project or wrong secret',
  import: 'unknown import or wrong secret',
  'import login': 'wrong login of an import',
  metrics: 'wrong server.metrics_token',
  administrator: 'wrong token of an administrator',
}

/** Wrong secrets, counted for each address and apart from the requests with right ones. */
export interface Guesses {
  /**
   * Counts and logs a wrong secret.
   * @returns null, or the answer of an address over its limit
   */
  wrong(request: FastifyRequest, reply: FastifyReply, door: Door, of: object): FastifyReply | null
  /**
   * For passwords, which can be short: over the limit not even the right one is looked at, or the limit would not stop
   * anybody from guessing it. Secrets that are parts of an address are too long for that.
   * @returns null, or the answer of an address over its limit
   */
  refuse(request: FastifyRequest, reply: FastifyReply, door: Door, of: object): FastifyReply | null
}

interface Count {
  wrong: number
  readonly until: number
}

const WINDOW_MS = 60_000
const MOST_COUNTS = 10_000

/** @param perMinute 0: no limit */
export function createGuesses(perMinute: number, steady: () => number): Guesses {
  const counts = new Map<string, Count>()

  function countOf(key: string): Count {
    const now = steady()
    const found = counts.get(key)
    if (found !== undefined && now < found.until) return found
    counts.delete(key)
    const fresh = { wrong: 0, until: now + WINDOW_MS }
    counts.set(key, fresh)
    const [oldest] = counts.keys()
    if (counts.size > MOST_COUNTS && oldest !== undefined) counts.delete(oldest)
    return fresh
  }

  function tooMany(reply: FastifyReply, { until }: Count): FastifyReply {
    return sendProblem(reply, 'too-many-requests', {
      detail: 'this address has sent too many wrong secrets in this minute',
      retryAfterSeconds: (until - steady()) / 1000,
    })
  }

  function wrong(...[request, reply, door, of]: Parameters<Guesses['wrong']>): FastifyReply | null {
    const fields = { door, ...of, address: request.ip }
    const count = countOf(keyOf(request, door, of))
    count.wrong += 1
    if (perMinute === 0 || count.wrong <= perMinute) {
      request.log.warn(fields, WRONG[door])
      return null
    }
    if (count.wrong === perMinute + 1)
      request.log.warn(fields, 'too many wrong secrets; the next ones of this minute are refused and not logged')
    return tooMany(reply, count)
  }

  return {
    wrong,
    refuse(request, reply, door, of) {
      const count = counts.get(keyOf(request, door, of))
      if (perMinute === 0 || count === undefined || count.wrong < perMinute || steady() >= count.until) return null
      // Also tells of it once.
      if (count.wrong === perMinute) return wrong(request, reply, door, of)
      return tooMany(reply, count)
    },
  }
}

/** A count for each name would reveal which names there are, unless the one who asks knows that anyway. */
function keyOf({ ip }: FastifyRequest, door: Door, of: object): string {
  return JSON.stringify([door, door === 'import login' ? of : null, networkOf(ip)])
}

/** A network of IPv6, in which a client has as many addresses as it likes, counts as one address. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = address.split('::', 2)
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  return [...first, ...Array<string>(Math.max(0, zeros)).fill('0'), ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
