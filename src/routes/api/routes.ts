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
  tokens(): readonly AdminToken[]
  /** Names by which the API may be reached, besides addresses and localhost. */
  hosts(): readonly string[]
}

export const API = '/api/v1'

/** A mended activity, as the value of a JSON field. */
const BODY_LIMIT = 8 * 1024 * 1024

/** The admin API. Everything about requests in general is here; each resource adds its routes and schemas. */
export async function apiRoutes(app: FastifyInstance, parts: ApiParts): Promise<void> {
  const { guesses, hasDocument = true } = parts
  app.decorateRequest('administrator', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: BODY_LIMIT }, readJson(app))
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler(() => app.getSchemas()))
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
  const { resources } = parts
  activityRoutes(api, resources.activities)
  deliveryRoutes(api, resources.deliveries)
  integrationRoutes(api, resources.integrations)
  linkRoutes(api, resources.links)
  rejectedRoutes(api, resources.rejected)
  importApiRoutes(api, resources.imports)
  configRoutes(api, resources.config)
  deliveryActionRoutes(api, resources.deliveryActions)
  replayRoutes(api, resources.replays)
  auditRoutes(api, resources.audit)
  statRoutes(api, resources.stats)
  eventRoutes(api, resources.events)
  erasureRoutes(api, resources.erasures)
}

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
