import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { refusal } from '../kit/answer.ts'
import { apiBase, isCloud, type Settings, secretSetting, withoutSecrets } from './settings.ts'

/** What an answer says about the login, the limits and the server; null when it is about the ticket alone. */
export function generalFault(response: Response, settings: Settings, now: Date, write: boolean): DeliveryError | null {
  const { status } = response
  const login = loginFault(response, settings)
  // A write that was let through under another name has happened: it must be looked for, not repeated.
  if (login !== null && write && succeeded(status))
    return new DeliveryError('in doubt', `${login.message} The write was answered with ${status} all the same.`, {
      status,
    })
  if (login !== null) return login
  if (status === 429) return limitFault(response, now)
  if (status === 403 && !isAboutTicket(response))
    return new DeliveryError(
      'hold',
      `JIRA answered 403 to the account of ${secretSetting(settings)}: it may not use JIRA or its REST API; give it ` +
        'access to the application in JIRA, or look at what stands before JIRA.',
      { status, retryAfterMs: retryAfterMs(response.headers['retry-after'], now) },
    )
  if (status === 410)
    return new DeliveryError('pause', 'JIRA answered 410: it no longer has this REST API; the relay needs an update.', {
      status,
    })
  if (succeeded(status) && status !== 204 && isPage(response)) return pageFault(response, write)
  if (succeeded(status) || (status >= 400 && status < 500 && status !== 407 && status !== 408 && status !== 425))
    return null
  const fault = refusal('JIRA', response, now)
  if (fault.verdict !== 'in doubt' || write) return fault
  return new DeliveryError('retry', fault.message, {
    status,
    retryAfterMs: fault.retryAfterMs,
    targetDown: fault.targetDown,
  })
}

/**
 * Whether JIRA took the login. A login that failed can be answered with 200: what anonymous users may see, which is
 * often nothing. X-Seraph-LoginReason then says AUTHENTICATED_FAILED, and X-AUSERNAME "anonymous" on Data Center.
 * Sources: MrRefactoring/jira.js#418, go-jira/jira#8, Atlassian's page on basic auth for REST APIs.
 */
function loginFault(response: Response, settings: Settings): DeliveryError | null {
  const { status, headers } = response
  const setting = secretSetting(settings)
  const reasons = (headers['x-seraph-loginreason'] ?? '').split(',').map((each) => each.trim().toUpperCase())
  if (reasons.includes('AUTHENTICATION_DENIED') || /CAPTCHA/i.test(headers['x-authentication-denied-reason'] ?? ''))
    return new DeliveryError(
      'pause',
      'JIRA wants a CAPTCHA solved before this account may log in again: log in once with it in a browser, mend ' +
        `${setting} if it is wrong, then resume.`,
      { status },
    )
  if (status === 403 && /basic auth\w* (has been |is )?disabled/i.test(response.text()))
    return new DeliveryError(
      'pause',
      'JIRA has basic authentication switched off: use personal_access_token instead of api_username and api_password.',
      { status },
    )
  if (reasons.includes('AUTHORISATION_FAILED'))
    return new DeliveryError(
      'hold',
      `JIRA knows the account of ${setting} but does not let it in: give it access to the application in JIRA.`,
      { status },
    )
  const anonymous = headers['x-ausername']?.toLowerCase() === 'anonymous'
  if (status !== 401 && !reasons.includes('AUTHENTICATED_FAILED') && !anonymous) return null
  return new DeliveryError(loginVerdict(settings), loginAdvice(settings), { status })
}

/** JIRA locks an account behind a CAPTCHA after a few wrong passwords, so a password is not tried again unasked. */
function loginVerdict(settings: Settings): 'hold' | 'pause' {
  return secretSetting(settings) === 'api_password' && !isCloud(settings) ? 'pause' : 'hold'
}

function loginAdvice(settings: Settings): string {
  const setting = secretSetting(settings)
  const rejects = `JIRA does not accept ${setting === 'api_password' ? 'api_username and api_password' : setting}`
  if (setting === 'oauth_token') return `${rejects}: the token has run out or was made for another site; set a new one.`
  if (setting === 'personal_access_token') return `${rejects}: the token has run out or was revoked; set a new one.`
  if (!isCloud(settings)) return `${rejects}: mend them, or use personal_access_token (JIRA 11 takes no passwords).`
  return (
    `${rejects}: on JIRA Cloud api_username is an email address and api_password an API token that has not run out; ` +
    'a scoped token or a service account also needs api_base_url https://api.atlassian.com/ex/jira/<cloud id>.'
  )
}

/**
 * 429 by its RateLimit-Reason: the limit on writes to one ticket stops that ticket alone, any other stops all of us.
 * Source: Atlassian's page "Rate limiting" of the JIRA Cloud platform; Data Center sends X-RateLimit-* only.
 */
function limitFault(response: Response, now: Date): DeliveryError {
  const { headers } = response
  const wait = waitOf(headers, now)
  if (headers['ratelimit-reason']?.toLowerCase() === 'jira-per-issue-on-write')
    return new DeliveryError('retry', 'JIRA answered 429: too many writes to this one ticket in a short time.', {
      status: 429,
      retryAfterMs: wait,
    })
  return new DeliveryError('hold', 'JIRA answered 429: over its rate limit.', { status: 429, retryAfterMs: wait })
}

function waitOf(headers: Response['headers'], now: Date): number | null {
  const asked = retryAfterMs(headers['retry-after'], now)
  if (asked !== null) return asked
  const reset = Date.parse(headers['x-ratelimit-reset'] ?? '')
  if (!Number.isNaN(reset)) return Math.min(Math.max(0, reset - now.getTime()), 24 * 60 * 60 * 1000)
  return retryAfterMs(headers['x-ratelimit-interval-seconds'], now)
}

/** What a 404 to a question that every JIRA answers means. */
export function nothingThere(settings: Settings): string {
  return `There is no JIRA at ${apiBase(settings)}: it answered 404. Add the path that people see after the host, if any.`
}

function pageFault(response: Response, write: boolean): DeliveryError {
  return new DeliveryError(
    write ? 'in doubt' : 'hold',
    `JIRA's address answered ${response.status} with a web page instead of JSON: base_url (or api_base_url) is not ` +
      "JIRA's, or a login page stands before it.",
    { status: response.status },
  )
}

/** JIRA's own refusals come as JSON with errorMessages and errors; a proxy's or a login wall's do not. */
function isAboutTicket(response: Response): boolean {
  const body = jsonOf(response)
  return typeof body === 'object' && body !== null && ('errorMessages' in body || 'errors' in body)
}

function isPage(response: Response): boolean {
  return (
    /html/i.test(response.headers['content-type'] ?? '') || /^\s*<(!doctype|html)/i.test(response.text().slice(0, 200))
  )
}

function succeeded(status: number): boolean {
  return status >= 200 && status < 300
}

/** The names of the fields that JIRA complains about ("resolution", "commentLevel"): the same in every language. */
export function blamedFields(response: Response): string[] {
  const body = jsonOf(response)
  const errors = typeof body === 'object' && body !== null && 'errors' in body ? body.errors : null
  return typeof errors === 'object' && errors !== null ? Object.keys(errors) : []
}

/** JIRA's own words for a refusal: in one line, short, without control characters; empty when it gave none. */
export function explanation(response: Response, settings: Settings): string {
  const body = jsonOf(response)
  if (typeof body !== 'object' || body === null) return ''
  const messages = 'errorMessages' in body && Array.isArray(body.errorMessages) ? body.errorMessages : []
  const errors = 'errors' in body && typeof body.errors === 'object' && body.errors !== null ? body.errors : {}
  const message = 'message' in body ? [body.message] : []
  const words = [...messages, ...Object.values(errors), ...message].filter((each) => typeof each === 'string')
  return oneLine(withoutSecrets(words.join(' '), settings))
}

/** Foreign words for a message to the operator. */
export function oneLine(text: string): string {
  const line = text
    .slice(0, 2000)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ')
    .trim()
  return line.length <= 200 ? line : `${Array.from(line.slice(0, 200)).slice(0, -1).join('')}…`
}

function jsonOf(response: Response): unknown {
  try {
    return response.json()
  } catch {
    return null
  }
}
