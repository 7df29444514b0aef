import type { FastifyReply } from 'fastify'
import { TOKEN_FIELD } from './form-token.ts'
import { escapeHtml, sendPage } from './page.ts'

interface AccountPage {
  readonly type: string
  readonly name: string
  readonly path: string
  readonly formToken: string
  /** Null: not authorised. */
  readonly account: string | null
  /** Why the stored credentials cannot be used; null if they can, or there are none. */
  readonly problem: string | null
  /** What the config lacks for an authorisation; null: nothing. */
  readonly lacking: string | null
}

export function sendAccountPage(reply: FastifyReply, page: AccountPage): FastifyReply {
  const { type, name, path, formToken, account, problem, lacking } = page
  const form = (action: string, label: string, look = '') =>
    `<form method="post" action="${escapeHtml(path + action)}"><input type="hidden" name="${TOKEN_FIELD}" value="${formToken}"><button${look}>${escapeHtml(label)}</button></form>`
  return sendPage(
    reply,
    `${name} (${type})`,
    [
      problem === null ? '' : `<p>${escapeHtml(problem)}</p>`,
      account === null
        ? '<p>This integration is not authorised. Its deliveries are kept until it is.</p>'
        : `<p>It writes as <strong>${escapeHtml(account)}</strong>.</p>`,
      lacking === null
        ? form('', account === null ? 'Authorise' : 'Authorise another account')
        : `<p>${escapeHtml(lacking)}</p>`,
      account === null && problem === null ? '' : form('/disconnect', 'Disconnect', ' class="quiet"'),
    ].join('\n'),
  )
}

export function sendAuthorisedPage(reply: FastifyReply, name: string, account: string): FastifyReply {
  return sendPage(
    reply,
    `${name} is authorised`,
    `<p>It writes as <strong>${escapeHtml(account)}</strong> from now on.</p>`,
  )
}

export function sendFailedPage(reply: FastifyReply, name: string, path: string, why: string): FastifyReply {
  void reply.code(400)
  const back = `<p><a class="button" href="${escapeHtml(path)}">Back</a></p>`
  return sendPage(reply, `${name} is not authorised`, `<p>${escapeHtml(why)}</p>\n${back}`)
}
