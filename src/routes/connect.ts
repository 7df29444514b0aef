import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type {} from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Connection, Credentials } from '../connectors/contract/connector.ts'
import { DeliveryError } from '../connectors/contract/delivery-error.ts'
import { SealError } from '../connectors/contract/seal-error.ts'
import { escapeHtml, sendPage } from './page.ts'
import { NOT_FOUND, sendProblem } from './problem.ts'
import { secretDigest } from './secret.ts'

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

/** X's PIN and tokens of a request live for minutes; nobody needs longer to agree. */
const LONGEST_MS = 15 * 60_000
const COOKIE = 'relay_connect'

/**
 * `/connect/{type}/{name}`: the button that authorises the account of an integration, and the one that takes it away.
 * For the administrator, who logs in with Basic and `server.admin_token` as the password.
 */
export async function connectRoutes(app: FastifyInstance, parts: ConnectParts): Promise<void> {
  const { adminToken } = parts
  if (adminToken === undefined) return
  const admin = secretDigest(adminToken)
  const config = { rateLimit: { max: 60, timeWindow: 60_000 } }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 4096 },
    (_, body, done) => done(null, new URLSearchParams(String(body))),
  )

  // Behind the rate limit, which counts guesses too.
  app.addHook('preValidation', async (request, reply) => {
    if (isAdmin(request, admin)) return
    void reply.header('www-authenticate', 'Basic realm="Tracker Relay", charset="UTF-8"')
    return sendProblem(reply, {
      status: 401,
      type: 'unauthorized',
      title: 'For the administrator',
      detail: 'log in with any name, and the value of server.admin_token as the password',
    })
  })

  app.get('/connect/:type/:name', { config }, async (request: Asked, reply) => {
    const connection = connectionOf(request)
    if (connection === undefined) return sendProblem(reply, NOT_FOUND)
    const { type, name } = request.params
    const known = await accountOf(connection, name)
    const { account } = known
    const form = (action: string, label: string, look = '') =>
      `<form method="post" action="${escapeHtml(addressOf(request.params) + action)}"><input type="hidden" name="form" value="${formToken(request.params)}"><button${look}>${escapeHtml(label)}</button></form>`
    const ready = readiness()
    return sendPage(
      reply,
      `${name} (${type})`,
      [
        known.problem === null ? '' : `<p>${escapeHtml(known.problem)}</p>`,
        account === null
          ? '<p>Nobody has authorised this integration yet: what comes for it is kept.</p>'
          : `<p>It writes as <strong>${escapeHtml(account)}</strong>.</p>`,
        ready === null
          ? form('', account === null ? 'Authorise' : 'Authorise another account')
          : `<p>${escapeHtml(ready)}</p>`,
        account === null && known.problem === null ? '' : form('/disconnect', 'Disconnect', ' class="quiet"'),
      ].join('\n'),
    )
  })

  app.post('/connect/:type/:name', { config }, async (request: Asked<{ Body: URLSearchParams }>, reply) => {
    const connection = connectionOf(request)
    if (connection === undefined || !isOurForm(request)) return sendProblem(reply, NOT_FOUND)
    const ready = readiness()
    const credentials = parts.credentials()
    if (ready !== null || credentials === undefined) return failed(reply, request, ready ?? '')
    try {
      const { url, pending } = await connection.begin(
        `${originOf(parts.publicUrl())}${addressOf(request.params)}/callback`,
      )
      const id = randomBytes(24).toString('base64url')
      await credentials.save(keptAs(request.params), JSON.stringify({ id, pending, until: parts.now() + LONGEST_MS }))
      const secure = originOf(parts.publicUrl()).startsWith('https:') ? '; Secure' : ''
      void reply.header(
        'set-cookie',
        `${COOKIE}=${id}; Path=${addressOf(request.params)}; Max-Age=${LONGEST_MS / 1000}; HttpOnly; SameSite=Lax${secure}`,
      )
      return reply.code(303).header('location', url).send()
    } catch (error) {
      return explained(reply, request, error)
    }
  })

  app.get(
    '/connect/:type/:name/callback',
    { config },
    async (request: Asked<{ Querystring: Record<string, unknown> }>, reply) => {
      const connection = connectionOf(request)
      const credentials = parts.credentials()
      if (connection === undefined || credentials === undefined) return sendProblem(reply, NOT_FOUND)
      const { name } = request.params
      const begun = await takeBegun(credentials, request)
      if (begun === null)
        return failed(reply, request, 'This browser has begun nothing here, or it was too long ago. Begin again.')
      try {
        const account = await connection.finish(begun, textsOf(request.query))
        await parts.resume(name)
        request.log.info({ integration: name, account }, 'authorised')
        return sendPage(
          reply,
          `${name} is authorised`,
          `<p>It writes as <strong>${escapeHtml(account)}</strong> from now on.</p>`,
        )
      } catch (error) {
        return explained(reply, request, error)
      }
    },
  )

  app.post('/connect/:type/:name/disconnect', { config }, async (request: Asked<{ Body: URLSearchParams }>, reply) => {
    const connection = connectionOf(request)
    if (connection === undefined || !isOurForm(request)) return sendProblem(reply, NOT_FOUND)
    const { name } = request.params
    try {
      await parts.pause(name, 'disconnected; what comes is kept until it is authorised again')
      await connection.disconnect()
      request.log.info({ integration: name }, 'disconnected')
      return reply.code(303).header('location', addressOf(request.params)).send()
    } catch (error) {
      return explained(reply, request, error)
    }
  })

  const connectionOf = ({ params: { type, name } }: Asked): Connection | undefined => parts.connection(type, name)
  /** As browsers know it: a proxy may have the relay under a path of its own. */
  const addressOf = ({ type, name }: Place): string =>
    `${pathOf(parts.publicUrl())}/connect/${encodeURIComponent(type)}/${encodeURIComponent(name)}`
  const keptAs = ({ type, name }: Place): string => `connect/${type}/${name}`

  /** What is missing in the config before anybody can be sent away and come back; null: nothing. */
  function readiness(): string | null {
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

  /** Only a page of ours knows it, so that no other site can press the button in the administrator's browser. */
  function formToken({ type, name }: Place): string {
    return createHmac('sha256', adminToken ?? '')
      .update(JSON.stringify(['connect', type, name]))
      .digest('base64url')
  }

  function isOurForm({ params, body }: Asked<{ Body: URLSearchParams }>): boolean {
    const sent = body instanceof URLSearchParams ? (body.get('form') ?? '') : ''
    return timingSafeEqual(secretDigest(sent), secretDigest(formToken(params)))
  }

  /** What was begun can be ended once, and only by the browser that began it. */
  async function takeBegun(credentials: Credentials, request: Asked): Promise<string | null> {
    const kept = await credentials.load(keptAs(request.params)).catch((error: unknown) => {
      if (error instanceof SealError) return null
      throw error
    })
    if (kept === null) return null
    const { id, pending, until } = JSON.parse(kept) as { id: string; pending: string; until: number }
    if (!timingSafeEqual(secretDigest(cookieOf(request)), secretDigest(id))) return null
    await credentials.forget(keptAs(request.params))
    return parts.now() < until ? pending : null
  }

  function explained(reply: FastifyReply, request: Asked, error: unknown): FastifyReply {
    if (!(error instanceof DeliveryError || error instanceof SealError)) throw error
    return failed(reply, request, parts.redact(request.params.name, error.message))
  }

  function failed(reply: FastifyReply, { params }: Asked, why: string): FastifyReply {
    void reply.code(400)
    const back = `<p><a class="button" href="${escapeHtml(addressOf(params))}">Back</a></p>`
    return sendPage(reply, `${params.name} is not authorised`, `<p>${escapeHtml(why)}</p>\n${back}`)
  }
}

function isAdmin({ headers: { authorization = '' } }: FastifyRequest, admin: Buffer): boolean {
  const [scheme = '', value = ''] = authorization.split(' ', 2)
  if (/^bearer$/i.test(scheme)) return timingSafeEqual(secretDigest(value), admin)
  if (!/^basic$/i.test(scheme)) return false
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return timingSafeEqual(secretDigest(pair.slice(pair.indexOf(':') + 1)), admin)
}

function cookieOf({ headers: { cookie = '' } }: FastifyRequest): string {
  const pair = cookie.split(/;\s*/).find((each) => each.startsWith(`${COOKIE}=`))
  return pair?.slice(COOKIE.length + 1) ?? ''
}

function textsOf(query: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}

const originOf = (address: string | null): string => (address === null ? '' : new URL(address).origin)

const pathOf = (address: string | null): string =>
  address === null ? '' : new URL(address).pathname.replace(/\/+$/, '')
