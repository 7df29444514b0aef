import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonOf, refusal } from '../kit/answer.ts'
import { oneLine } from '../kit/one-line.ts'

export function refused(response: Response, isWrite: boolean, now: Date): DeliveryError {
  const { status } = response
  const hold = (message: string, setting: string | null, wait: number | null = null): DeliveryError =>
    new DeliveryError('hold', message, { status, setting, retryAfterMs: wait })
  if (status === 429)
    return hold(
      'Lighthouse answered 429; over its rate limit. Raise request_interval_seconds',
      'request_interval_seconds',
      waitIn(response, now),
    )
  if (status === 401) return hold('Lighthouse rejects the token (401). Set a valid API token of this account', 'token')
  if (status === 403 && isWrite)
    return hold(
      'Lighthouse does not let the token write (403). Set a token with full access, of a user who is a member of the project',
      'token',
    )
  if (status === 403)
    return hold(
      'Lighthouse does not let the token read this (403). Make its user a member of the project, or set a token that is not limited to another project',
      'token',
    )
  if (status >= 300 && status < 400)
    return hold(
      `Lighthouse answered ${status}, a redirect, which is never followed. Check account, base_url and token`,
      null,
    )
  if (status === 402)
    return new DeliveryError('pause', 'Lighthouse asks for payment (402): the account is suspended', { status })
  return refusal('Lighthouse', response, now, status === 422 ? reasonIn(response) : '')
}

/** @param verdict 'pause' for an import, which then rests for longer */
export function noProject(project: string, verdict: 'hold' | 'pause' = 'hold'): DeliveryError {
  const message = `Lighthouse shows no project ${project}. Check external_project_id, account and base_url, or set the token of one of its members`
  return new DeliveryError(verdict, message, { status: 404, setting: 'external_project_id' })
}

/**
 * For a web page in place of the API: a login form, a proxy, another site.
 * @param verdict 'in doubt' for a write, which a proxy may have passed on
 */
export function notTheApi(status: number, verdict: 'hold' | 'in doubt' = 'hold'): DeliveryError {
  const message = `the answer (${status}) is not from Lighthouse's API. Check account and base_url, and any proxy in between`
  return new DeliveryError(verdict, message, { status, targetDown: verdict === 'in doubt' })
}

/** In a header of Lighthouse's own, in seconds (nwidger/lighthouse). */
function waitIn({ headers }: Response, now: Date): number | null {
  return retryAfterMs(headers['x-rate-limit-retry-after'] ?? headers['retry-after'], now)
}

/** Rails gives its reasons as [["field", "message"], ...], or under "errors". */
function reasonIn(response: Response): string {
  const parsed = jsonOf(response)
  const list = Array.isArray(parsed) ? parsed : isRecord(parsed) && Array.isArray(parsed.errors) ? parsed.errors : []
  const said = list
    .slice(0, 5)
    .map((each) => (Array.isArray(each) ? each : [each]).filter((part) => typeof part === 'string').join(' '))
    .join('; ')
  return oneLine(said)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
