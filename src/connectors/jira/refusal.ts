import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { isSuccess, jsonOf, refusal } from '../kit/answer.ts'
import { settingError } from '../kit/setting-error.ts'
import { isWebPage } from '../kit/web-page.ts'
import { isJiras, said } from './explanation.ts'
import type { Login } from './login.ts'
import type { Place } from './place.ts'

/** An error about the login, the limits or the server; null if the answer is about the ticket. */
export function generalRefusal(answer: Response, place: Place, now: Date, isWrite: boolean): DeliveryError | null {
  const { status } = answer
  const { setting } = place.login
  const login = loginRefusal(answer, place.login)
  // The write happened under another name: it must be looked for, not repeated.
  if (login !== null && isWrite && isSuccess(answer))
    return new DeliveryError('in doubt', `${login.message} It answered the write with ${status} all the same.`, {
      status,
      setting,
    })
  if (login !== null) return login
  if (status === 429) return limitRefusal(answer, now)
  if (status === 403 && !isJiras(answer))
    return new DeliveryError(
      'hold',
      `JIRA answered 403 to the account of ${setting}: it may not use JIRA or its REST API; give it access to the ` +
        'application in JIRA, or check the proxy in front of JIRA.',
      { status, setting, retryAfterMs: retryAfterMs(answer.headers['retry-after'], now) },
    )
  if (status === 410)
    return new DeliveryError('pause', 'JIRA answered 410: it no longer has this REST API; the relay needs an update.', {
      status,
    })
  if (isSuccess(answer)) return status !== 204 && isWebPage(answer) ? pageRefusal(answer, place, isWrite) : null
  if (status >= 400 && status < 500 && status !== 407 && status !== 408 && status !== 425) return null
  return refusal('JIRA', answer, now)
}

/** Of Cloud's classic scopes: who the account is, the tickets, and (unless it only imports) comments and states. */
export const SCOPES = 'read:jira-user, read:jira-work and, to write, write:jira-work'

/**
 * A failed login can be answered with 200 and what anonymous users may see, often nothing. X-Seraph-LoginReason is then
 * AUTHENTICATED_FAILED, and X-AUSERNAME "anonymous" on Data Center.
 * Sources: MrRefactoring/jira.js#418, go-jira/jira#8, Atlassian's page on basic auth for REST APIs.
 */
function loginRefusal(answer: Response, { setting, whenRejected, rejected, widen }: Login): DeliveryError | null {
  const { status, headers } = answer
  const reasons = (headers['x-seraph-loginreason'] ?? '').split(',').map((each) => each.trim().toUpperCase())
  const refused = (verdict: 'hold' | 'pause', message: string): DeliveryError =>
    new DeliveryError(verdict, message, { status, setting })
  if (reasons.includes('AUTHENTICATION_DENIED') || /CAPTCHA/i.test(headers['x-authentication-denied-reason'] ?? ''))
    return refused(
      'pause',
      'JIRA wants a CAPTCHA solved before this account may log in again: log in once with it in a browser, correct ' +
        `${setting} if it is wrong, then resume.`,
    )
  if (status === 403 && /basic auth\w* (has been |is )?disabled/i.test(answer.text()))
    return refused(
      'pause',
      'JIRA has basic authentication switched off: use personal_access_token instead of api_username and api_password.',
    )
  if (reasons.includes('AUTHORISATION_FAILED'))
    return refused(
      'hold',
      `JIRA knows the account of ${setting} but does not let it in: give it access to the application in JIRA.`,
    )
  if ((status === 401 || status === 403) && !isJiras(answer) && /\bscopes?\b/i.test(answer.text()))
    return refused(
      'hold',
      `JIRA Cloud refuses ${setting} because it lacks a scope. The relay needs ${SCOPES}; ${widen}`,
    )
  const isAnonymous = headers['x-ausername']?.toLowerCase() === 'anonymous'
  if (status === 401 || reasons.includes('AUTHENTICATED_FAILED') || isAnonymous) return refused(whenRejected, rejected)
  return null
}

/**
 * The limit on writes to one ticket stops only that ticket, any other the whole integration.
 * Source: Atlassian's page "Rate limiting" of the JIRA Cloud platform; Data Center sends X-RateLimit-* only.
 */
function limitRefusal({ status, headers }: Response, now: Date): DeliveryError {
  const wait = { status, retryAfterMs: waitOf(headers, now) }
  if (headers['ratelimit-reason']?.toLowerCase() === 'jira-per-issue-on-write')
    return new DeliveryError('retry', 'JIRA answered 429: too many writes to this one ticket in a short time.', wait)
  return new DeliveryError('hold', 'JIRA answered 429: over its rate limit.', wait)
}

function waitOf(headers: Response['headers'], now: Date): number | null {
  const asked = retryAfterMs(headers['retry-after'], now)
  if (asked !== null) return asked
  const reset = Date.parse(headers['x-ratelimit-reset'] ?? '')
  if (!Number.isNaN(reset)) return Math.min(Math.max(0, reset - now.getTime()), 24 * 60 * 60 * 1000)
  return retryAfterMs(headers['x-ratelimit-interval-seconds'], now)
}

function pageRefusal({ status }: Response, { apiSetting }: Place, isWrite: boolean): DeliveryError {
  return new DeliveryError(
    isWrite ? 'in doubt' : 'hold',
    `JIRA's address answered ${status} with a web page instead of JSON: ${apiSetting} is not JIRA's, or a login page ` +
      'stands before it.',
    { status, setting: apiSetting },
  )
}

export function refusedRead(answer: Response, { login }: Place): DeliveryError {
  const { status } = answer
  const dead = (message: string): DeliveryError => new DeliveryError('dead', message, { status })
  if (status === 404)
    return dead(
      'JIRA answered 404: the ticket does not exist any more, or the account lacks the permission "Browse projects" ' +
        "(or the issue's security level) to see it.",
    )
  if (status === 403)
    return dead(
      'JIRA answered 403: the account may not see the ticket; give it the permission "Browse projects" in JIRA.',
    )
  return dead(said(answer, login))
}

export function foreignAnswer(answer: Response): DeliveryError {
  if (jsonOf(answer) === undefined)
    return new DeliveryError('retry', 'JIRA answered with something that is not JSON.', { targetDown: true })
  return new DeliveryError('retry', 'JIRA answered with JSON of another shape than its REST API has.')
}

/** The error of asking for the account, which every JIRA answers: a 404 means that `api` is not the address of a JIRA. */
export function noJira(error: unknown, { api, apiSetting }: Place): unknown {
  const isAboutAddress = error instanceof DeliveryError && error.status === 404 && error.setting === null
  if (!isAboutAddress) return error
  return settingError(
    apiSetting,
    `There is no JIRA at ${api}: it answered 404. Add the path that people see after the host, if any.`,
    { status: 404, cause: error },
  )
}
