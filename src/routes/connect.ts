import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import type {} from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Connection, Credentials } from '../connectors/contract/connector.ts'
import { DeliveryError } from '../connectors/contract/delivery-error.ts'
import { SealError } from '../connectors/contract/seal-error.ts'
import type { Deed } from '../store/audit.ts'
import { administratorOnly } from './administrator.ts'
import type { AdminToken } from './administrators.ts'
import { whoOf } from './api/who.ts'
import { keepBegun, setCookie, takeBegun } from './begun.ts'
import { accountPage, authorisedPage, failedPage } from './connect-pages.tsx'
import { continueNow } from './expectation.ts'
import { createFormTokens } from './form-token.ts'
import type { Guesses } from './guesses.ts'
import { assetsVersion } from './pages/assets.ts'
import type { Frame } from './pages/frame.tsx'
import { sessionIn } from './pages/passes.ts'
import { helmetFor } from './pages/policy.ts'
import { sendNotFound } from './problems.ts'

export interface ConnectParts {
  /** Without any that may operate nobody can log in, so these pages do not exist. */
  tokens(): readonly AdminToken[]
  readonly guesses: Guesses
  publicUrl(): string | null
  /** Undefined: the integration does not exist, or has nothing to authorise. */
  connection(type: string, name: string): Connection | undefined
  /** Undefined without credentials.keys. */
  credentials(): Credentials | undefined
  resume(name: string): Promise<void>
  pause(name: string, reason: string): Promise<void>
  /** Writes to the list of what was done. */
  record(deed: Deed): Promise<unknown>
  redact(name: string, text: string): string
  now(): number
  /** What paths begin with for browsers. */
  base(): string
  /** The pages are at this address too, not only at one of the administrators' own. */
  readonly hasPages: boolean
  readonly version: string
}

type Place = { type: string; name: string }
type Asked<T = object> = FastifyRequest<{ Params: Place } & T>
type Form = Asked<{ Body: URLSearchParams }>

const PAGE = '/connect/:type/:name'

/**
 * `/connect/{type}/{name}`: where the administrator authorises or disconnects the account of an integration.
 */
export async function connectRoutes(app: FastifyInstance, parts: ConnectParts): Promise<void> {
  const { tokens } = parts
  const frame = ({ headers }: FastifyRequest): Frame => {
    const session = parts.hasPages ? sessionIn(headers.cookie, tokens(), parts.now()) : null
    return {
      ...{ base: parts.base(), version: parts.version, assets: assetsVersion(), now: parts.now(), rejected: null },
      who: session === null ? null : { name: session.name, role: session.role, csrf: null },
    }
  }
  // The target's own page is where the form leads to in the end.
  await app.register(helmet, helmetFor('anywhere'))
  await app.register(cookie)
  const formTokens = createFormTokens(tokens)
  const config = { rateLimit: { max: 60, timeWindow: 60_000 } }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 4096 },
    (_, body, done) => done(null, new URLSearchParams(String(body))),
  )
  app.decorateRequest('administrator', null)
  app.addHook('preParsing', async (request, reply) => continueNow(request, reply))
  app.addHook('preValidation', administratorOnly(tokens, parts.guesses, parts.now))

  app.get(PAGE, { config }, async (request: Asked, reply) => {
    const connection = connectionOf(request)
    if (connection === undefined) return sendNotFound(reply)
    const { type, name } = request.params
    return page(
      reply,
      accountPage(frame(request), {
        type,
        name,
        path: pathTo(request.params),
        formToken: formTokens.of(type, name),
        lacking: lacking(),
        ...(await accountOf(connection, name)),
      }),
    )
  })

  app.post(PAGE, { config }, async (request: Form, reply) => {
    const connection = connectionOf(request)
    if (connection === undefined || !isOurForm(request)) return sendNotFound(reply)
    const why = lacking()
    const credentials = parts.credentials()
    if (why !== null || credentials === undefined) return failed(reply, request, why ?? '')
    const origin = originOf(parts.publicUrl())
    const path = pathTo(request.params)
    try {
      const { url, pending } = await connection.begin(`${origin}${path}/callback`)
      const id = await keepBegun(credentials, { ...request.params, pending, now: parts.now() })
      setCookie(reply, id, path, origin.startsWith('https:'))
      return reply.code(303).header('location', url).send()
    } catch (error) {
      return explained(reply, request, error)
    }
  })

  app.get(`${PAGE}/callback`, { config }, async (request: Asked<{ Querystring: Record<string, unknown> }>, reply) => {
    const connection = connectionOf(request)
    const credentials = parts.credentials()
    if (connection === undefined || credentials === undefined) return sendNotFound(reply)
    const { name } = request.params
    const begun = await takeBegun(credentials, { ...request.params, request, now: parts.now() })
    if (begun === null)
      return failed(reply, request, 'This browser did not begin this authorisation, or it expired. Begin again.')
    try {
      const account = await connection.finish(begun, textsOf(request.query))
      await parts.resume(name)
      await parts.record({ who: whoOf(request), action: 'connect', subject: `integration ${name}`, result: 'done' })
      request.log.info({ integration: name, account }, 'authorised')
      return page(reply, authorisedPage(frame(request), name, account))
    } catch (error) {
      return explained(reply, request, error)
    }
  })

  app.post(`${PAGE}/disconnect`, { config }, async (request: Form, reply) => {
    const connection = connectionOf(request)
    if (connection === undefined || !isOurForm(request)) return sendNotFound(reply)
    const { name } = request.params
    try {
      await parts.pause(name, 'disconnected; deliveries are kept until it is authorised again')
      await connection.disconnect()
      await parts.record({ who: whoOf(request), action: 'disconnect', subject: `integration ${name}`, result: 'done' })
      request.log.info({ integration: name }, 'disconnected')
      return reply.code(303).header('location', pathTo(request.params)).send()
    } catch (error) {
      return explained(reply, request, error)
    }
  })

  const connectionOf = ({ params: { type, name } }: Asked): Connection | undefined => parts.connection(type, name)
  const isOurForm = ({ params: { type, name }, body }: Form): boolean => formTokens.isOurs(type, name, body)
  /** As browsers know it: a proxy may serve the relay under a path. */
  const pathTo = ({ type, name }: Place): string =>
    `${pathOf(parts.publicUrl())}/connect/${encodeURIComponent(type)}/${encodeURIComponent(name)}`

  function lacking(): string | null {
    if (parts.credentials() === undefined) return 'Set credentials.keys first: tokens are only stored encrypted.'
    if (parts.publicUrl() === null)
      return 'Set server.public_url to the address at which browsers reach the relay, or authorise with a PIN: tracker-relay connect.'
    return null
  }

  /** Stored credentials may be unreadable, because their key is missing; they can still be replaced. */
  async function accountOf(
    connection: Connection,
    name: string,
  ): Promise<{ account: string | null; problem: string | null }> {
    try {
      return { account: await connection.account(), problem: null }
    } catch (error) {
      if (!(error instanceof DeliveryError || error instanceof SealError)) throw error
      return { account: null, problem: parts.redact(name, error.message) }
    }
  }

  function explained(reply: FastifyReply, request: Asked, error: unknown): FastifyReply {
    if (!(error instanceof DeliveryError || error instanceof SealError)) throw error
    return failed(reply, request, parts.redact(request.params.name, error.message))
  }

  function failed(reply: FastifyReply, request: Asked, why: string): FastifyReply {
    const { params } = request
    return page(reply.code(400), failedPage(frame(request), params.name, pathTo(params), why))
  }
}

function textsOf(query: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}

const originOf = (address: string | null): string => (address === null ? '' : new URL(address).origin)

const pathOf = (address: string | null): string =>
  address === null ? '' : new URL(address).pathname.replace(/\/+$/, '')

function page(reply: FastifyReply, html: string): FastifyReply {
  return reply.header('cache-control', 'no-store').type('text/html; charset=utf-8').send(html)
}
