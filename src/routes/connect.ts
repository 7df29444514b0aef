import type {} from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Connection, Credentials } from '../connectors/contract/connector.ts'
import { DeliveryError } from '../connectors/contract/delivery-error.ts'
import { SealError } from '../connectors/contract/seal-error.ts'
import { administratorOnly } from './administrator.ts'
import { keepBegun, setCookie, takeBegun } from './begun.ts'
import { sendAccountPage, sendAuthorisedPage, sendFailedPage } from './connect-pages.ts'
import { createFormTokens } from './form-token.ts'
import { sendNotFound } from './problems.ts'

export interface ConnectParts {
  /** Absent: nobody can log in, so there are no such pages. */
  readonly adminToken: string | undefined
  /** How browsers reach the relay; null where nobody has said. */
  publicUrl(): string | null
  /** Undefined: there is no such integration, or it has nothing to authorise. */
  connection(type: string, name: string): Connection | undefined
  /** Where what was begun is kept, also for another instance; undefined without keys. */
  credentials(): Credentials | undefined
  /** Lets the integration go on. */
  resume(name: string): Promise<void>
  pause(name: string, reason: string): Promise<void>
  /** Takes the secrets out of a text that concerns the integration. */
  redact(name: string, text: string): string
  now(): number
}

type Place = { type: string; name: string }
type Asked<T = object> = FastifyRequest<{ Params: Place } & T>
type Form = Asked<{ Body: URLSearchParams }>

const PAGE = '/connect/:type/:name'

/**
 * `/connect/{type}/{name}`: the button that authorises the account of an integration, and the one that takes it away.
 * For the administrator, who logs in with Basic and `server.admin_token` as the password.
 */
export async function connectRoutes(app: FastifyInstance, parts: ConnectParts): Promise<void> {
  const { adminToken } = parts
  if (adminToken === undefined) return
  const formTokens = createFormTokens(adminToken)
  const config = { rateLimit: { max: 60, timeWindow: 60_000 } }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 4096 },
    (_, body, done) => done(null, new URLSearchParams(String(body))),
  )
  // Behind the rate limit, which counts guesses too.
  app.addHook('preValidation', administratorOnly(adminToken))

  app.get(PAGE, { config }, async (request: Asked, reply) => {
    const connection = connectionOf(request)
    if (connection === undefined) return sendNotFound(reply)
    const { type, name } = request.params
    return sendAccountPage(reply, {
      type,
      name,
      path: pathTo(request.params),
      formToken: formTokens.of(type, name),
      lacking: lacking(),
      ...(await accountOf(connection, name)),
    })
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
      return failed(reply, request, 'This browser has begun nothing here, or it was too long ago. Begin again.')
    try {
      const account = await connection.finish(begun, textsOf(request.query))
      await parts.resume(name)
      request.log.info({ integration: name, account }, 'authorised')
      return sendAuthorisedPage(reply, name, account)
    } catch (error) {
      return explained(reply, request, error)
    }
  })

  app.post(`${PAGE}/disconnect`, { config }, async (request: Form, reply) => {
    const connection = connectionOf(request)
    if (connection === undefined || !isOurForm(request)) return sendNotFound(reply)
    const { name } = request.params
    try {
      await parts.pause(name, 'disconnected; what comes is kept until it is authorised again')
      await connection.disconnect()
      request.log.info({ integration: name }, 'disconnected')
      return reply.code(303).header('location', pathTo(request.params)).send()
    } catch (error) {
      return explained(reply, request, error)
    }
  })

  const connectionOf = ({ params: { type, name } }: Asked): Connection | undefined => parts.connection(type, name)
  const isOurForm = ({ params: { type, name }, body }: Form): boolean => formTokens.isOurs(type, name, body)
  /** As browsers know it: a proxy may have the relay under a path of its own. */
  const pathTo = ({ type, name }: Place): string =>
    `${pathOf(parts.publicUrl())}/connect/${encodeURIComponent(type)}/${encodeURIComponent(name)}`

  /** What is missing in the config before anybody can be sent away and come back; null: nothing. */
  function lacking(): string | null {
    if (parts.credentials() === undefined) return 'Set credentials.keys first: tokens are kept encrypted alone.'
    if (parts.publicUrl() === null)
      return 'Set server.public_url first, the address that browsers reach the relay at; or authorise it with a PIN: relay connect.'
    return null
  }

  /** What is kept may be unreadable: the key is gone, or not there yet. It can be replaced all the same. */
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

  function failed(reply: FastifyReply, { params }: Asked, why: string): FastifyReply {
    return sendFailedPage(reply, params.name, pathTo(params), why)
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
