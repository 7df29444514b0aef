import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Action, Deed } from '../../store/audit.ts'
import { whoOf } from './who.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route does, if nothing below it writes that to the list of what was done. */
    readonly deed?: Done
  }
}

interface Done {
  readonly action: Action
  /** To which; `{name}` stands for the parameter of the path. */
  readonly subject: string
  /** The fields of the request that are worth keeping; never a whole body. */
  readonly details?: readonly string[]
}

/** Writes down what was done before the answer goes out. @throws {StoreError} */
export function writingDeeds(
  write: (deed: Deed) => Promise<unknown>,
): (request: FastifyRequest, reply: FastifyReply, payload: unknown) => Promise<unknown> {
  return async (request, reply, payload) => {
    const { deed } = request.routeOptions.config
    if (deed === undefined || reply.statusCode >= 300) return payload
    const params = request.params as Readonly<Record<string, unknown>>
    const subject = deed.subject.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(params[name]))
    const detail = detailOf(request.body, deed.details ?? [])
    await write({ who: whoOf(request), action: deed.action, subject, detail, result: 'done' })
    return payload
  }
}

function detailOf(body: unknown, names: readonly string[]): object | null {
  if (typeof body !== 'object' || body === null) return null
  const kept = Object.entries(body).filter(([name]) => names.includes(name))
  return kept.length === 0 ? null : Object.fromEntries(kept)
}
