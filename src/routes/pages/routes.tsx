import cookie from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import formbody from '@fastify/formbody'
import helmet from '@fastify/helmet'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { admitHost } from '../admin-host.ts'
import { type AdminToken, roleFor } from '../administrators.ts'
import { eventRoutes } from '../api/events.ts'
import type { ApiApp } from '../api/type-provider.ts'
import { continueNow } from '../expectation.ts'
import { activityPages } from './activities.tsx'
import { activityPage } from './activity.tsx'
import { assetsVersion } from './assets.ts'
import { auditPage } from './audit.tsx'
import { refusalPage } from './failure.tsx'
import type { Frame } from './frame.tsx'
import { integrationPages } from './integrations.tsx'
import { linkPages } from './links.tsx'
import { overviewPage } from './overview.tsx'
import { ApiRefusal, pageApi } from './page-api.ts'
import type { PageParts, Pages, Visit } from './parts.ts'
import { sessionIn } from './passes.ts'
import { helmetFor } from './policy.ts'
import { rejectedPages } from './rejected.tsx'
import { replayPages } from './replays.tsx'
import { setUpPage } from './set-up.tsx'
import { signInRoutes } from './sign-in.tsx'

/** The web page, built on the admin API of the same app. It works without scripts. */
export async function pageRoutes(app: FastifyInstance, parts: PageParts): Promise<void> {
  await app.register(helmet, helmetFor('here'))
  await app.register(cookie)
  await app.register(csrf, {
    cookieOpts: { httpOnly: true, sameSite: 'strict', path: `${parts.base()}/` },
    getToken: (request) => fieldsOf(request.body)._csrf ?? '',
  })
  app.removeContentTypeParser(['application/json', 'text/plain'])
  await app.register(formbody, { bodyLimit: 8 * 1024 * 1024 })
  app.addHook('onRequest', async (request, reply) => admitHost(request, reply, parts.hosts()) ?? undefined)
  app.addHook('preParsing', async (request, reply) => continueNow(request, reply))

  await signInRoutes(app, parts, (request, reply) => frameOf(request, reply, null))

  await app.register(async (inside) => {
    inside.addHook('preValidation', async (request, reply) => {
      const token = sessionIn(request.headers.cookie, parts.tokens(), parts.now())
      if (token === null) return signInFirst(request, reply)
      request.administrator = { name: token.name, role: token.role }
      request.pageToken = token
      if (token.role !== 'operate' && roleFor(request.method) !== 'read')
        throw new ApiRefusal(
          403,
          'Not allowed',
          `The token "${token.name}" has the role read; this needs one with the role operate.`,
        )
      return undefined
    })
    inside.addHook('preHandler', (request, reply, done) => {
      if (request.method === 'GET') done()
      else app.csrfProtection(request, reply, done)
    })
    inside.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))
    inside.setErrorHandler(async (error, request, reply) => {
      const refusal = refusalOf(error)
      if (refusal.status >= 500) request.log.error({ err: error }, 'a page failed')
      const frame = await frameOf(request, reply, request.pageToken)
      return reply.code(refusal.status).type(HTML).send(refusalPage(frame, refusal))
    })
    // `/live` is the API's stream of events, for those who have signed in here.
    await inside.register(
      async (live) => {
        // The script asks what the API would take.
        live.setValidatorCompiler(() => () => true)
        live.setSerializerCompiler(() => JSON.stringify)
        eventRoutes(live as unknown as ApiApp, parts.events)
      },
      { prefix: '/live' },
    )
    addPages(inside)
  })

  function addPages(inside: FastifyInstance): void {
    const show =
      (work: (visit: Visit) => Promise<string | FastifyReply>) =>
      async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
        const { pageToken } = request
        if (pageToken === null) throw new Error('a page was shown to nobody')
        const result = await work({
          api: pageApi(app, pageToken, request.ip),
          frame: await frameOf(request, reply, pageToken),
          request,
          reply,
          query: fieldsOf(request.query),
          form: fieldsOf(request.body),
          params: fieldsOf(request.params),
          address: parts.publicUrl()?.replace(/\/$/, '') ?? `${request.protocol}://${request.host}${parts.base()}`,
          go: (path) => reply.code(303).header('location', `${parts.base()}${path}`).send(),
        })
        return typeof result === 'string' ? reply.type(HTML).send(result) : result
      }
    const pages: Pages = {
      app: inside,
      parts,
      page: (path, work) => void inside.get(path, show(work)),
      action: (path, work) => void inside.post(path, show(work)),
    }
    overviewPage(pages)
    activityPages(pages)
    activityPage(pages)
    integrationPages(pages)
    linkPages(pages)
    rejectedPages(pages)
    replayPages(pages)
    setUpPage(pages)
    auditPage(pages)
    // The API itself wants its token.
    pages.page('/openapi.json', async ({ api, reply }) =>
      reply.type('application/json; charset=utf-8').send(JSON.stringify(await api.get('/openapi.json'), null, 2)),
    )
  }

  async function frameOf(request: FastifyRequest, reply: FastifyReply, token: AdminToken | null): Promise<Frame> {
    return {
      base: parts.base(),
      version: parts.version,
      assets: assetsVersion(),
      who: token === null ? null : { name: token.name, role: token.role, csrf: reply.generateCsrf() },
      rejected: token === null ? null : await rejectedCount(request, token),
      now: parts.now(),
    }
  }

  async function rejectedCount(request: FastifyRequest, token: AdminToken): Promise<string | null> {
    try {
      const { items } = await pageApi(app, token, request.ip).get<{ items: readonly unknown[] }>('/rejected', {
        limit: 100,
      })
      return items.length < 100 ? String(items.length) : '99+'
    } catch {
      // The page itself will say what is wrong.
      return null
    }
  }

  function signInFirst(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const to = request.method === 'GET' ? `?to=${encodeURIComponent(request.url)}` : ''
    return reply.code(303).header('location', `${parts.base()}/sign-in${to}`).send()
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Whoever has signed in on a page. */
    pageToken: AdminToken | null
  }
}

const HTML = 'text/html; charset=utf-8'

/** Texts by their names; of a name that comes twice, the last. */
function fieldsOf(values: unknown): Record<string, string> {
  if (typeof values !== 'object' || values === null) return {}
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, String(Array.isArray(value) ? value.at(-1) : value)]),
  )
}

function refusalOf(error: unknown): ApiRefusal {
  if (error instanceof ApiRefusal) return error
  const { statusCode = 500, code = '' } = error as { statusCode?: number; code?: string }
  if (code.startsWith('FST_CSRF'))
    return new ApiRefusal(403, 'This form is too old', 'Go back, load the page again, and repeat what you did.')
  if (statusCode >= 500)
    return new ApiRefusal(
      500,
      'The page cannot be shown',
      'Something failed in the relay; its log says what. Nothing was changed by looking.',
    )
  return new ApiRefusal(statusCode, 'Not possible', (error as Error).message)
}
