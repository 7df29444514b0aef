import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OperationError } from '../../operations/operation-error.ts'
import { StoreError } from '../../store/store-error.ts'
import { admitHost } from '../admin-host.ts'
import { type AdminToken, admit } from '../administrators.ts'
import { handleError } from '../error-handler.ts'
import { continueNow } from '../expectation.ts'
import type { Guesses } from '../guesses.ts'
import { type ProblemCode, sendProblem } from '../problems.ts'
import { type ActivityParts, activityRoutes, activitySchemas } from './activities.ts'
import { withOptionalDefaults } from './asked-schema.ts'
import { type AuditParts, auditRoutes, auditSchemas } from './audit.ts'
import { type CatchUpParts, catchUpRoutes, catchUpSchemas } from './catch-ups.ts'
import { type CompiledSchemas, compiledSchemas } from './compiled-schemas.ts'
import { type ConfigParts, configRoutes } from './config.ts'
import { writingDeeds } from './deed.ts'
import { type DeliveryParts, deliveryRoutes, deliverySchemas } from './deliveries.ts'
import { type DeliveryActionParts, deliveryActionRoutes, deliveryActionSchemas } from './delivery-actions.ts'
import { documentRoutes, openApi } from './document-routes.ts'
import { type ErasureParts, erasureRoutes, erasureSchemas } from './erasures.ts'
import { withETag } from './etag.ts'
import { type EventParts, eventRoutes } from './events.ts'
import { type ImportApiParts, importApiRoutes, importSchemas } from './imports.ts'
import { type IntegrationParts, integrationRoutes, integrationSchemas } from './integrations.ts'
import { type LinkParts, linkRoutes, linkSchemas } from './links.ts'
import { ProblemError } from './problem-error.ts'
import { type RejectedParts, rejectedRoutes, rejectedSchemas } from './rejected.ts'
import { type ReplayParts, replayRoutes, replaySchemas } from './replays.ts'
import { PROBLEM_RESPONSES, Problem } from './schemas.ts'
import { serializerCompiler } from './serializer.ts'
import { type StatParts, statRoutes, statSchemas } from './stats.ts'
import type { ApiApp, TypeBoxProvider } from './type-provider.ts'
import { validatorCompiler } from './validation.ts'

/** What the resources need, each in its own file. */
export interface ApiResources {
  readonly activities: ActivityParts
  readonly deliveries: DeliveryParts
  readonly integrations: IntegrationParts
  readonly links: LinkParts
  readonly rejected: RejectedParts
  readonly imports: ImportApiParts
  readonly catchUps: CatchUpParts
  readonly config: ConfigParts
  readonly deliveryActions: DeliveryActionParts
  readonly replays: ReplayParts
  readonly audit: AuditParts
  readonly stats: StatParts
  readonly events: EventParts
  readonly erasures: ErasureParts
}

export interface ApiParts {
  readonly resources: ApiResources
  readonly guesses: Guesses
  readonly version: string
  /** Default: true. Without it, requests are served sooner. */
  readonly hasDocument?: boolean
  /** The first part of the paths that are served. Default: all of them. */
  readonly only?: string
  tokens(): readonly AdminToken[]
  /** Names by which the API may be reached, besides addresses and localhost. */
  hosts(): readonly string[]
}

export const API = '/api/v1'

/** A mended activity, as the value of a JSON field. */
const BODY_LIMIT = 8 * 1024 * 1024

/** The admin API. Everything about requests in general is here; each resource adds its routes and schemas. */
export async function apiRoutes(app: FastifyInstance, parts: ApiParts): Promise<void> {
  const { guesses, hasDocument = true, only } = parts
  const names = Object.keys(RESOURCES).filter((name) => only === undefined || name === only)
  const { checks, writers } = await compiled([...names, ...(hasDocument ? [DOCUMENT_NAME] : [])])
  app.decorateRequest('administrator', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: BODY_LIMIT }, readJson(app))
  app.setValidatorCompiler(validatorCompiler(checks))
  app.setSerializerCompiler(serializerCompiler(writers, () => app.getSchemas()))
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(
    { preHandler: async (request: FastifyRequest, reply: FastifyReply) => refuse(request, reply) },
    (_request, reply) =>
      sendProblem(reply, 'not-found', { detail: `the API has nothing at this address; ${API}/openapi.json lists all` }),
  )
  if (hasDocument) {
    const { default: swagger } = await import('@fastify/swagger')
    await app.register(swagger, { openapi: openApi(parts.version), ...DOCUMENT })
  }

  function refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    return (
      admitHost(request, reply, parts.hosts()) ??
      admit(request, reply, { tokens: parts.tokens(), guesses }) ??
      undefined
    )
  }

  app.addHook('onRequest', async (request, reply) => {
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    return refuse(request, reply) ?? wantJson(request, reply)
  })
  app.addHook('preParsing', async (request, reply) => continueNow(request, reply))
  app.addHook('preValidation', async (request) => {
    // An action without particulars needs no body.
    if (request.method !== 'GET') request.body ??= {}
  })
  app.addHook('onSend', withETag)
  app.addHook('onSend', writingDeeds(parts.resources.audit.write))
  app.addHook('onRoute', (route) => {
    const schema = route.schema
    if (schema !== undefined) schema.response = { ...(schema.response as object), ...PROBLEM_RESPONSES }
  })

  for (const schema of SCHEMAS) app.addSchema(schema)
  const api: ApiApp = app.withTypeProvider<TypeBoxProvider>()
  if (hasDocument) documentRoutes(api)
  for (const name of names) RESOURCES[name]?.(api, parts.resources)
}

/** By the first part of their paths. */
const RESOURCES: Readonly<Record<string, (api: ApiApp, resources: ApiResources) => void>> = {
  activities: (api, { activities }) => activityRoutes(api, activities),
  deliveries(api, { deliveries, deliveryActions }) {
    deliveryRoutes(api, deliveries)
    deliveryActionRoutes(api, deliveryActions)
  },
  integrations: (api, { integrations }) => integrationRoutes(api, integrations),
  links: (api, { links }) => linkRoutes(api, links),
  rejected: (api, { rejected }) => rejectedRoutes(api, rejected),
  imports: (api, { imports }) => importApiRoutes(api, imports),
  'catch-ups': (api, { catchUps }) => catchUpRoutes(api, catchUps),
  config: (api, { config }) => configRoutes(api, config),
  replays: (api, { replays }) => replayRoutes(api, replays),
  audit: (api, { audit }) => auditRoutes(api, audit),
  stats: (api, { stats }) => statRoutes(api, stats),
  events: (api, { events }) => eventRoutes(api, events),
  erasures: (api, { erasures }) => erasureRoutes(api, erasures),
}

const DOCUMENT_NAME = 'openapi.json'

async function compiled(names: readonly string[]): Promise<CompiledSchemas> {
  const all = await Promise.all(names.map(async (name) => (await compiledSchemas[name]?.()) ?? NONE))
  return {
    checks: Object.assign({}, ...all.map(({ checks }) => checks)) as CompiledSchemas['checks'],
    writers: Object.assign({}, ...all.map(({ writers }) => writers)) as CompiledSchemas['writers'],
  }
}

const NONE: CompiledSchemas = { checks: {}, writers: {} }

const SCHEMAS = [
  Problem,
  ...deliverySchemas,
  ...deliveryActionSchemas,
  ...replaySchemas,
  ...auditSchemas,
  ...statSchemas,
  ...erasureSchemas,
  ...activitySchemas,
  ...integrationSchemas,
  ...linkSchemas,
  ...rejectedSchemas,
  ...importSchemas,
  ...catchUpSchemas,
]

/** How schemas are named in the document. */
const DOCUMENT: FastifyDynamicSwaggerOptions = {
  transform({ schema, url }) {
    const { body, querystring } = schema ?? {}
    const asked = {
      ...(body === undefined ? {} : { body: withOptionalDefaults(body) }),
      ...(querystring === undefined ? {} : { querystring: withOptionalDefaults(querystring) }),
    }
    return { schema: { ...schema, ...asked }, url }
  },
  refResolver: {
    clone: true,
    buildLocalReference: ({ $id }, _base, _fragment, index) => (typeof $id === 'string' ? $id : `Schema${index}`),
  },
  hiddenTag: 'hidden',
}

/** Another site's form cannot have this content type, nor its script without being asked first. */
function wantJson(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const { method, headers } = request
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (method === 'GET' || method === 'HEAD' || (method === 'DELETE' && !hasBody)) return undefined
  if (/^application\/json *(;|$)/i.test(headers['content-type'] ?? '')) return undefined
  return sendProblem(reply, 'unsupported-media-type', { detail: 'send "content-type: application/json"' })
}

function readJson(app: FastifyInstance) {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (
    request: FastifyRequest,
    body: string | Buffer,
    done: (error: Error | null, value?: unknown) => void,
  ): void => {
    if (body.length === 0) done(null, {})
    else void parse(request, body.toString(), done)
  }
}

const PROBLEM_OF = {
  unknown: 'not-found',
  conflict: 'conflict',
  invalid: 'bad-parameter',
} as const satisfies Record<OperationError['reason'], ProblemCode>

function answerError(
  error: FastifyError | ProblemError | OperationError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof ProblemError) return sendProblem(reply, error.problem, { detail: error.message })
  if (error instanceof OperationError) return sendProblem(reply, PROBLEM_OF[error.reason], { detail: error.message })
  if (error instanceof StoreError)
    return sendProblem(reply, 'database', { detail: error.message, retryAfterSeconds: 5 })
  if ((error.statusCode ?? 500) < 500) return handleError(error, request, reply)
  request.log.error({ err: error }, 'request failed')
  return sendProblem(reply, 'internal', { detail: "the relay's log has the error" })
}
