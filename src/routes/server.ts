import type { Socket } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, LogController } from 'fastify'
import type { Logger } from '../observability/logger.ts'
import { announceRoute, type Metrics } from '../observability/metrics.ts'
import type { AdminToken } from './administrators.ts'
import { API, type ApiParts, apiRoutes } from './api/routes.ts'
import { type ConnectParts, connectRoutes } from './connect.ts'
import { handleError } from './error-handler.ts'
import { closeUnlessContinued } from './expectation.ts'
import { createGuesses, type Guesses } from './guesses.ts'
import { type HealthParts, healthRoutes } from './health.ts'
import { HOOK_CODES, HOOK_ROUTE, type HookParts, hookRoutes } from './hooks.ts'
import { type ImportParts, importRoutes } from './imports.ts'
import { listener } from './listener.ts'
import { metricsRoutes } from './metrics.ts'
import { NO_COMPILERS } from './no-compilers.ts'
import { assetRoutes } from './pages/assets.ts'
import { isFromPage } from './pages/page-api.ts'
import type { PageParts } from './pages/parts.ts'
import { showProblemsToBrowsers } from './pages/problem-page.tsx'
import { pageRoutes } from './pages/routes.tsx'
import { sendNotFound, sendProblem } from './problems.ts'
import { refuseConnection } from './refuse-connection.ts'

/** Times are seconds. */
export interface ServerSettings {
  /** Taken off the paths of requests. */
  readonly base_path?: string | undefined
  readonly trust_proxy: boolean | readonly string[]
  readonly body_limit_bytes: number
  readonly request_timeout_seconds: number
  readonly header_timeout_seconds: number
  readonly keep_alive_timeout_seconds: number
  readonly rate_limit: {
    readonly enabled: boolean
    readonly per_address_per_minute: number
    readonly per_project_per_minute: number
    readonly wrong_secrets_per_address_per_minute: number
  }
}

/** They change with a reload. */
export interface Tokens {
  /** Without any, nobody is an administrator. */
  readonly administrators: readonly AdminToken[]
  /** Absent: everybody may read the metrics. */
  readonly metrics_token?: string | undefined
}

interface ServerParts {
  readonly settings: ServerSettings
  tokens(): Tokens
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  readonly log: Logger
  readonly metrics: Metrics
  readonly hooks: Pick<HookParts, 'journal' | 'project' | 'now' | 'tracing'>
  readonly imports: Pick<ImportParts, 'door'>
  readonly health: HealthParts
  readonly connect: Omit<ConnectParts, 'tokens' | 'guesses' | 'base' | 'hasPages' | 'version'>
  refreshMetrics(): Promise<void>
  readonly admin: Omit<ApiParts, 'tokens' | 'guesses'> & {
    /** The admin API has an address of its own: see `Servers`. */
    readonly isApart: boolean
  }
  readonly pages: Omit<PageParts, 'tokens' | 'guesses' | 'hosts' | 'version' | 'events'>
}

export interface Servers {
  /** Takes activities, and shows imports, metrics and health. */
  readonly app: FastifyInstance
  /** Has the admin API and the pages alone; null if `app` has them. */
  readonly admin: FastifyInstance | null
}

/** Fastify apps that do not listen yet, so that a test can inject requests. */
export async function buildServers(parts: ServerParts): Promise<Servers> {
  const { settings } = parts
  const { enabled, wrong_secrets_per_address_per_minute } = settings.rate_limit
  const guesses = createGuesses(enabled ? wrong_secrets_per_address_per_minute : 0, parts.steady)
  const { isApart, ...admin } = parts.admin
  const api = { ...admin, guesses, tokens: () => parts.tokens().administrators }
  const pages = { ...parts.pages, ...api, events: admin.resources.events }
  const app = await buildServer(parts, guesses)
  const apart = isApart ? createApp(parts, api.tokens) : null
  for (const each of [app, apart]) await each?.register(assetRoutes)
  const itsApp = apart ?? app
  await itsApp.register(apiRoutes, { prefix: API, ...api })
  await itsApp.register(pageRoutes, pages)
  return { app, admin: apart }
}

/** What every address of the relay does with requests, whatever it serves. */
function createApp(
  parts: Pick<ServerParts, 'settings' | 'metrics' | 'log' | 'pages' | 'admin'>,
  /** Of those who have signed in on pages at this address. */
  signIns: () => readonly AdminToken[],
): FastifyInstance {
  const { settings, metrics } = parts
  const app = Fastify({
    loggerInstance: parts.log as FastifyBaseLogger,
    // Our own log line for each request does not have the path, since a hook's path holds its secret.
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger for each request would only add a request id that no other line has.
    childLoggerFactory: (logger) => logger,
    trustProxy: typeof settings.trust_proxy === 'boolean' ? settings.trust_proxy : [...settings.trust_proxy],
    serverFactory: listener({
      // The defaults set no limits; these end clients that send too slowly.
      requestTimeout: settings.request_timeout_seconds * 1000,
      connectionTimeout: (settings.request_timeout_seconds + settings.keep_alive_timeout_seconds) * 1000,
      keepAliveTimeout: settings.keep_alive_timeout_seconds * 1000,
      http: {
        headersTimeout: Math.min(settings.header_timeout_seconds, settings.request_timeout_seconds) * 1000,
        connectionsCheckingInterval: 1000,
        maxHeaderSize: 16 * 1024,
      },
    }),
    forceCloseConnections: 'idle',
    // Our own answer instead, with Retry-After.
    return503OnClosing: false,
    clientErrorHandler: refuseConnection,
    frameworkErrors: (_error, _request, reply) => sendNotFound(reply as FastifyReply),
    rewriteUrl: ({ url = '/' }) => withoutBase(url, settings.base_path),
    // A slash too many is the most common slip in an address that is pasted.
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    exposeHeadRoutes: false,
    schemaController: NO_COMPILERS,
  })
  app.setErrorHandler(handleError)
  app.setNotFoundHandler((_request, reply) => sendNotFound(reply))
  app.decorateRequest('activity', null)
  app.decorateRequest('pageToken', null)
  closeUnlessContinued(app)
  showProblemsToBrowsers(app, { version: parts.admin.version, ...parts.pages, tokens: signIns })
  const connections = new Set<Socket>()
  app.server.on('connection', (socket) => {
    // The other end of a unix socket is on this machine: trust_proxy, limits and the log need an address.
    if (socket.remoteAddress === undefined) Object.defineProperty(socket, 'remoteAddress', { value: '127.0.0.1' })
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
    // Node treats a connection without any request as busy: a balancer that connects ahead would delay the stop.
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy()
  })
  app.addHook('onRequest', (_request, reply, done) => {
    if (closing) sendProblem(reply, 'stopping', { detail: 'nothing was stored; send it again', retryAfterSeconds: 5 })
    else done()
  })
  // Also for requests that were under way when the stop began: their idle connections would delay it.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) void reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onResponse', (request, reply, done) => {
    if (isFromPage(request.headers)) return done()
    const route = request.routeOptions.url ?? 'none'
    const code = String(reply.statusCode)
    metrics.httpRequests.inc({ route, method: request.method, code })
    metrics.httpDuration.observe({ route }, reply.elapsedTime / 1000)
    request.log.info(
      {
        route,
        method: request.method,
        code: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        address: request.ip,
        ...request.activity,
      },
      request.activity === null ? 'request' : 'activity',
    )
    done()
  })
  return app
}

async function buildServer(parts: ServerParts, guesses: Guesses): Promise<FastifyInstance> {
  const { settings, metrics } = parts
  const app = createApp(parts, () => (parts.admin.isApart ? [] : parts.tokens().administrators))
  const { enabled, per_address_per_minute, per_project_per_minute } = settings.rate_limit
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, context) =>
      Object.assign(new Error(`this address is over its limit for this minute; try again in ${context.after}`), {
        statusCode: context.statusCode,
      }),
  })
  await app.register(hookRoutes, {
    ...parts.hooks,
    guesses,
    bodyLimitBytes: settings.body_limit_bytes,
    perProjectPerMinute: enabled ? per_project_per_minute : 0,
    perAddressPerMinute: enabled ? per_address_per_minute : 0,
  })
  announceRoute(metrics, HOOK_ROUTE, 'POST', HOOK_CODES)
  await app.register(importRoutes, {
    ...parts.imports,
    guesses,
    perAddressPerMinute: enabled ? per_address_per_minute : 0,
  })
  await app.register(healthRoutes, parts.health)
  await app.register(connectRoutes, {
    ...parts.connect,
    ...{ guesses, base: parts.pages.base, hasPages: !parts.admin.isApart, version: parts.admin.version },
    tokens: () => parts.tokens().administrators,
  })
  await app.register(metricsRoutes, {
    metrics,
    guesses,
    refresh: parts.refreshMetrics,
    token: () => parts.tokens().metrics_token,
  })
  return app
}

function withoutBase(url: string, base = ''): string {
  const rest = url.slice(base.length)
  return url.startsWith(base) && /^([/?]|$)/.test(rest) ? rest.replace(/^(?!\/)/, '/') : url
}
