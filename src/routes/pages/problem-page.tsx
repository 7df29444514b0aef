import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AdminToken } from '../administrators.ts'
import { assetsVersion } from './assets.ts'
import { pageHtml } from './frame.tsx'
import { sessionIn } from './passes.ts'
import { protectPage } from './policy.ts'

interface Shown {
  readonly version: string
  base(): string
  now(): number
  /** Those that may sign in on the pages of this address. */
  tokens(): readonly AdminToken[]
}

/** A browser gets every problem as a page; a program gets it as it is. */
export function showProblemsToBrowsers(app: FastifyInstance, { version, base, now, tokens }: Shown): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const isProblem = reply.statusCode >= 400 && typeof payload === 'string' && wantsPage(request)
    if (!isProblem || !String(reply.getHeader('content-type')).startsWith('application/problem+json'))
      done(null, payload)
    else done(null, pageOf(request, reply, payload))
  })

  function pageOf({ headers, url }: FastifyRequest, reply: FastifyReply, payload: string): string {
    const { title, detail, type = '' } = JSON.parse(payload) as { title: string; detail?: string; type?: string }
    protectPage(reply).type('text/html; charset=utf-8').removeHeader('content-length')
    const works = type.endsWith(':method-not-allowed')
    const session = sessionIn(headers.cookie, tokens(), now())
    const who = session === null ? null : { name: session.name, role: session.role, csrf: null }
    return pageHtml({
      frame: { base: base(), version, assets: assetsVersion(), who, rejected: null, now: now() },
      title: works ? 'This address works' : title,
      current: null,
      children: (
        <section class="card stack narrow" aria-labelledby="h">
          <h1 id="h">{works ? 'This address works' : title}</h1>
          <p>
            {works
              ? 'It is the web hook of a project. It wants POST, which Tracker sends: paste the address in Tracker.'
              : type.endsWith(':not-found') && !url.includes('/hooks/')
                ? 'There is nothing at this address.'
                : sentence(detail ?? '')}
          </p>
          {works || type.endsWith(':unauthorized') ? null : (
            <p>
              <a href={`${base()}/`}>{who === null ? 'To the relay’s pages' : 'To the overview'}</a>
            </p>
          )}
        </section>
      ),
    })
  }
}

function wantsPage({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '')
}

function sentence(text: string): string {
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
