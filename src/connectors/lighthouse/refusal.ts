import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonOf, refusal } from '../kit/answer.ts'
import { oneLine } from '../kit/one-line.ts'

/** What an answer means that is no success, in the words of the settings. */
export function refused(response: Response, isWrite: boolean, now: Date): DeliveryError {
  const { status } = response
  if (status === 429) return overLimit(response, now)
  if (status === 401)
    return new DeliveryError('hold', 'Lighthouse rejects the token (401): set a valid API token of this account', {
      status,
      setting: 'token',
    })
  if (status === 403)
    return new DeliveryError(
      'hold',
      isWrite
        ? 'Lighthouse does not let the token write (403): set a token with full access, of a user who is a member of the project'
        : 'Lighthouse does not let the token read this (403): make its user a member of the project, or set a token that is not limited to another project',
      { status, setting: 'token' },
    )
  if (status >= 300 && status < 400)
    return new DeliveryError(
      'hold',
      `Lighthouse answered ${status}, a redirect, which is never followed: check account, base_url and token`,
      { status },
    )
  if (status === 402)
    return new DeliveryError('pause', 'Lighthouse asks for payment (402): the account is suspended', { status })
  return refusal('Lighthouse', response, now, status === 422 ? reasonIn(response) : '')
}

/** @param verdict 'pause' for an import, which then rests for longer */
export function noProject(project: string, verdict: 'hold' | 'pause' = 'hold'): DeliveryError {
  return new DeliveryError(
    verdict,
    `Lighthouse shows no project ${project}: check external_project_id, account and base_url, or set the token of one of its members`,
    { status: 404, setting: 'external_project_id' },
  )
}

/**
 * A web page where the API should be: a login form, a proxy, another site. It proves nothing, least of all a write.
 * @param verdict of a write: 'in doubt', since what stands in between may have passed it on
 */
export function notTheApi(status: number, verdict: 'hold' | 'in doubt' = 'hold'): DeliveryError {
  return new DeliveryError(
    verdict,
    `the answer (${status}) is not one of Lighthouse's API: check account and base_url, and what stands in between`,
    { status, targetDown: verdict === 'in doubt' },
  )
}

/** The wait comes in a header of Lighthouse's own, in seconds (seen in the public Go client nwidger/lighthouse). */
function overLimit({ status, headers }: Response, now: Date): DeliveryError {
  const wait = retryAfterMs(headers['x-rate-limit-retry-after'] ?? headers['retry-after'], now)
  return new DeliveryError('hold', 'Lighthouse answered 429: over its rate limit; raise request_interval_seconds', {
    status,
    retryAfterMs: wait,
    setting: 'request_interval_seconds',
  })
}

/** Rails tells what it does not accept as [["field", "message"], ...], or under "errors"; only its words are kept. */
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
