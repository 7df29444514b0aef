import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonOf, refusal } from '../kit/answer.ts'
import { limitIn } from '../kit/limit-headers.ts'
import { oneLine } from '../kit/one-line.ts'

/** GitLab refuses the token or its account, not the one issue; `isScope` when the token lacks a scope. */
export class Forbidden extends DeliveryError {
  readonly isScope: boolean
  constructor(isScope: boolean, said: string) {
    const what = isScope ? 'the token lacks the scope that this needs; create one with the scope api' : said
    super('hold', `GitLab answered 403: ${what}`, { status: 403, setting: 'token' })
    this.isScope = isScope
  }
}

/** What an answer means that is not a success (docs.gitlab.com/api/rest, "Status codes"). */
export function refused(answer: Response, now: Date): DeliveryError {
  const { status, headers } = answer
  const said = reasonIn(answer)
  if (status === 429) {
    const resetAt = limitIn(answer, 'ratelimit')?.resetAt ?? null
    const untilReset = resetAt === null ? null : Math.max(0, resetAt.getTime() - now.getTime())
    const wait = retryAfterMs(headers['retry-after'], now) ?? untilReset
    return new DeliveryError('hold', 'GitLab answered 429: over its rate limit', { status, retryAfterMs: wait })
  }
  if (status === 401)
    return new DeliveryError(
      'hold',
      'GitLab rejects the token (401). It may have expired or been revoked: set a new token',
      { status, setting: 'token' },
    )
  if (status === 403) return new Forbidden(/insufficient_scope|insufficient_granular_scope/.test(answer.text()), said)
  if (status === 409)
    return new DeliveryError('retry', `GitLab answered 409: ${said || 'the issue has just been changed'}`, { status })
  // A moved project is redirected for GET alone; anything else is 405 (GitLab's lib/api/helpers.rb, find_project!).
  if (status === 405)
    return new DeliveryError(
      'hold',
      'GitLab answered 405: the project was renamed or moved. Set project to its new path',
      { status, setting: 'project' },
    )
  if (status >= 300 && status < 400)
    return new DeliveryError(
      'hold',
      `GitLab answered ${status}, a redirect, which is never followed. Set base_url to the address with https, and project to the new path if it was renamed`,
      { status, setting: 'base_url' },
    )
  return refusal('GitLab', answer, now, said)
}

/**
 * A web page, or other JSON, where the API should be.
 * @param verdict of a write: 'in doubt', since a proxy in between may have passed it on
 */
export function notTheApi(status: number, verdict: 'hold' | 'in doubt' = 'hold'): DeliveryError {
  return new DeliveryError(
    verdict,
    `The answer (${status}) is not one of GitLab's API. Check base_url, and any proxy or sign-in page in front of GitLab`,
    { status, targetDown: verdict === 'in doubt', setting: 'base_url' },
  )
}

/** @param verdict 'pause' for an import, which then rests for longer */
export function noProject(project: string, verdict: 'hold' | 'pause' = 'hold'): DeliveryError {
  return new DeliveryError(
    verdict,
    `GitLab shows the token no project ${oneLine(project, 100)}. Correct project, or make the token's account a member of it`,
    { status: 404, setting: 'project' },
  )
}

/** GitLab's own words: in "message" (a text, or texts by field) or in "error_description" and "error". */
function reasonIn(answer: Response): string {
  const body = jsonOf(answer)
  if (typeof body !== 'object' || body === null) return ''
  const { message, error_description, error } = body as Readonly<Record<string, unknown>>
  const said = message ?? error_description ?? error
  return typeof said === 'string' ? oneLine(said) : said === undefined ? '' : oneLine(JSON.stringify(said))
}
