import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { assetsVersion } from './assets.ts'
import { pageHtml } from './frame.tsx'
import { protectPage } from './policy.ts'

interface Shown {
  readonly version: string
  base(): string
  now(): number
}

/** A browser gets every problem as a page; a program gets it as it is. */
export function showProblemsToBrowsers(app: FastifyInstance, { version, base, now }: Shown): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const isProblem = reply.statusCode >= 400 && typeof payload === 'string' && wantsPage(request)
    if (!isProblem || !String(reply.getHeader('content-type')).startsWith('application/problem+json'))
      done(null, payload)
    else done(null, pageOf(reply, payload))
  })

  function pageOf(reply: FastifyReply, payload: string): string {
    const { title, detail, type = '' } = JSON.parse(payload) as { title: string; detail?: string; type?: string }
    protectPage(reply).type('text/html; charset=utf-8').removeHeader('content-length')
    const works = type.endsWith(':method-not-allowed')
    return pageHtml({
      frame: { base: base(), version, assets: assetsVersion(), who: null, rejected: null, now: now() },
      title: works ? 'This address works' : title,
      current: null,
      children: (
        <section class="card stack narrow" aria-labelledby="h">
          <h1 id="h">{works ? 'This address works' : title}</h1>
          <p>
            {works
              ? 'It is the web hook of a project. It wants POST, which Tracker sends: paste the address in Tracker.'
              : sentence(detail ?? '')}
          </p>
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
