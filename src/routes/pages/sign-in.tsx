import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type AdminToken, administratorWith } from '../administrators.ts'
import { Csrf, type Frame, pageHtml } from './frame.tsx'
import type { PageParts } from './parts.ts'
import { passOf, SESSION_COOKIE, tokenOfPass } from './passes.ts'

const SESSION_MS = 7 * 24 * 3_600_000

export async function signInRoutes(
  app: FastifyInstance,
  parts: PageParts,
  frameOf: (request: FastifyRequest, reply: FastifyReply) => Promise<Frame>,
): Promise<void> {
  function enter(request: FastifyRequest, reply: FastifyReply, token: AdminToken, to: string): FastifyReply {
    return reply
      .setCookie(SESSION_COOKIE, passOf('session', token, parts.now() + SESSION_MS), {
        path: `${parts.base()}/`,
        httpOnly: true,
        // A link to a page, in a chat, opens it.
        sameSite: 'lax',
        secure: request.protocol === 'https',
        maxAge: SESSION_MS / 1000,
      })
      .code(303)
      .header('location', `${parts.base()}${ownPath(to, parts.base())}`)
      .send()
  }

  async function form(
    request: FastifyRequest,
    reply: FastifyReply,
    why: string | null,
    to: string,
  ): Promise<FastifyReply> {
    const frame = await frameOf(request, reply)
    const csrf = reply.generateCsrf()
    return reply
      .code(why === null ? 200 : 403)
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(pageHtml({ frame, title: 'Sign in', current: null, children: <SignIn {...{ frame, csrf, why, to }} /> }))
  }

  app.get<{ Querystring: Record<string, unknown> }>('/sign-in', async (request, reply) => {
    const { pass, to = '/' } = request.query
    if (typeof pass !== 'string') return await form(request, reply, null, String(to))
    const refused = parts.guesses.refuse(request, reply, 'administrator', {})
    if (refused !== null) return refused
    const token = tokenOfPass('sign-in', pass, parts.tokens(), parts.now())
    if (token !== null) return enter(request, reply, token, String(to))
    const tooMany = parts.guesses.wrong(request, reply, 'administrator', {})
    return tooMany ?? (await form(request, reply, 'This link has run out: it is good for ten minutes.', String(to)))
  })

  app.post<{ Body: Record<string, unknown> | null }>(
    '/sign-in',
    {
      preHandler: (request, reply, done) => app.csrfProtection(request, reply, done),
      // A tab that was open since yesterday, or a browser that keeps no cookies.
      errorHandler(error, request, reply) {
        if (!error.code?.startsWith('FST_CSRF')) throw error
        const { to = '/' } = (request.body ?? {}) as Record<string, unknown>
        void form(request, reply, 'That form was too old. Sign in again; the browser has to keep cookies.', String(to))
      },
    },
    async (request, reply) => {
      const { token: sent = '', to = '/' } = request.body ?? {}
      const refused = parts.guesses.refuse(request, reply, 'administrator', {})
      if (refused !== null) return refused
      const found = administratorWith(String(sent).trim(), parts.tokens())
      const token = parts.tokens().find(({ name }) => name === found?.name)
      if (found !== null && token !== undefined) return enter(request, reply, token, String(to))
      const tooMany = parts.guesses.wrong(request, reply, 'administrator', {})
      return tooMany ?? (await form(request, reply, 'This is not a token of this relay.', String(to)))
    },
  )

  app.post('/sign-out', async (_request, reply) =>
    reply
      .clearCookie(SESSION_COOKIE, { path: `${parts.base()}/` })
      .code(303)
      .header('location', `${parts.base()}/sign-in`)
      .send(),
  )
}

function SignIn({ frame, csrf, why, to }: { frame: Frame; csrf: string; why: string | null; to: string }) {
  const withToken: Frame = { ...frame, who: { name: '', role: 'read', csrf } }
  return (
    <section class="card stack narrow" aria-labelledby="h">
      <h1 id="h">Sign in</h1>
      {why === null ? null : (
        <p class="notice fail" role="alert">
          {why}
        </p>
      )}
      <form class="stack" method="post" action={`${frame.base}/sign-in`}>
        <Csrf frame={withToken} />
        <input type="hidden" name="to" value={to} />
        <label class="field">
          Token
          <input name="token" type="password" autocomplete="current-password" required autofocus />
        </label>
        <div>
          <button class="main" type="submit">
            Sign in
          </button>
        </div>
      </form>
      <p class="soft">
        A token of <code>admin.tokens</code> in the config. Without any, the relay made one: it is in the file{' '}
        <code>admin-token</code> in its data folder, and the relay’s log says where that is.
      </p>
    </section>
  )
}

/** Only a page of this relay, so that a link to the sign-in leads nowhere else. */
function ownPath(to: string, base: string): string {
  const path = base !== '' && to.startsWith(`${base}/`) ? to.slice(base.length) : to
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.startsWith('/sign-in') ? path : '/'
}
