import type { FastifyReply } from 'fastify'
import { TOKEN_FIELD } from './form-token.ts'
import { escapeHtml, sendPage } from './page.ts'

/** The page of one integration's account, as a person sees it. */
export interface AccountPage {
  readonly type: string
  readonly name: string
  /** The page's own path, as browsers know it. */
  readonly path: string
  readonly formToken: string
  /** Null: nobody has authorised it. */
  readonly account: string | null
  /** Why what is kept cannot be read; null: it can. */
  readonly problem: string | null
  /** What is missing in the config before anybody can be sent away and come back; null: nothing. */
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
        ? '<p>Nobody has authorised this integration yet: what comes for it is kept.</p>'
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

/** @param path of the integration's page, to go back to */
export function sendFailedPage(reply: FastifyReply, name: string, path: string, why: string): FastifyReply {
  void reply.code(400)
  const back = `<p><a class="button" href="${escapeHtml(path)}">Back</a></p>`
  return sendPage(reply, `${name} is not authorised`, `<p>${escapeHtml(why)}</p>\n${back}`)
}
