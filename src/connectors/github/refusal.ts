import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonOf, refusal } from '../kit/answer.ts'
import { limitIn } from '../kit/limit-headers.ts'
import { oneLine } from '../kit/one-line.ts'
import { clockOf } from '../kit/target-clock.ts'

/** GitHub refuses what was asked, and does not say whether because of the account or of the one issue. */
export class Forbidden extends DeliveryError {
  constructor(said: string, setting: 'token' | 'app_id') {
    super('hold', `GitHub answered 403: ${said || 'it refuses what was asked'}`, { status: 403, setting })
  }
}

/** GitHub leads on to another repository: this one was renamed, or the issue was transferred. */
export class Moved extends DeliveryError {
  readonly repositoryId: string
  /** @param name of the other one, if it is known */
  constructor(status: number, repositoryId: string, name: string | null = null) {
    const where = name === null ? 'renamed or moved' : `renamed to ${name}`
    super('hold', `GitHub answered ${status}: the repository was ${where}. Set repository to its new name`, {
      status,
      setting: 'repository',
    })
    this.repositoryId = repositoryId
  }
}

/** Without a time: docs.github.com, "Best practices for using the REST API", says to wait for at least a minute. */
const UNTOLD_MS = 60_000

/** What an answer means that is not a success. @param setting of the login */
export function refused(answer: Response, now: Date, setting: 'token' | 'app_id'): DeliveryError {
  const { status } = answer
  const said = reasonIn(answer)
  if (isLimit(answer, said))
    return new DeliveryError('hold', `GitHub answered ${status}: ${said || 'over its rate limit'}`, {
      status,
      retryAfterMs: waitMs(answer, now),
    })
  if (status === 401)
    return new DeliveryError(
      'hold',
      setting === 'token'
        ? 'GitHub rejects the token (401). It may have expired or been revoked: set a new token'
        : "GitHub rejects the App's token (401). The App may have been uninstalled or suspended: check its installation",
      { status, setting },
    )
  if (status === 403) return forbidden(answer, said, setting)
  if (status === 409) return new DeliveryError('retry', `GitHub answered 409: ${said || 'a conflict'}`, { status })
  if (status >= 300 && status < 400) {
    const repositoryId = repositoryIn(answer)
    if (repositoryId !== null) return new Moved(status, repositoryId)
    return new DeliveryError(
      'hold',
      `GitHub answered ${status}, a redirect, which is never followed. Set base_url to the address that people use, with https`,
      { status, setting: 'base_url' },
    )
  }
  return refusal('GitHub', answer, now, said)
}

function forbidden({ headers }: Response, said: string, setting: 'token' | 'app_id'): DeliveryError {
  const status = 403
  const hold = (message: string, wrong: string): DeliveryError =>
    new DeliveryError('hold', `GitHub answered 403: ${message}`, { status, setting: wrong })
  // docs.github.com, "Authenticating to the REST API": what a fine-grained token or an App would need.
  if (/not accessible by (personal access token|integration)/i.test(said)) {
    const needed = oneLine(headers['x-accepted-github-permissions'] ?? 'issues=write', 80)
    const who = setting === 'token' ? 'the token' : 'the App'
    return hold(`${who} lacks a permission that this needs (${needed}). Give it Issues: read and write`, setting)
  }
  if (/^required/i.test(headers['x-github-sso'] ?? ''))
    return hold("the token is not authorised for the organisation's single sign-on. Authorise it in GitHub", setting)
  if (/archived/i.test(said)) return hold('the repository is archived, and takes no changes', 'repository')
  return new Forbidden(said, setting)
}

/** The primary limit is told by what remains, a secondary one by its words or only by a time to wait. */
function isLimit({ status, headers }: Response, said: string): boolean {
  if (status === 429) return true
  if (status !== 403) return false
  const isUsedUp = headers['x-ratelimit-remaining']?.trim() === '0'
  return isUsedUp || headers['retry-after'] !== undefined || /rate limit|abuse detection/i.test(said)
}

function waitMs(answer: Response, now: Date): number {
  const asked = retryAfterMs(answer.headers['retry-after'], now)
  if (asked !== null) return asked
  const limit = limitIn(answer, 'x-ratelimit')
  if (limit?.remaining !== 0 || limit.resetAt === null) return UNTOLD_MS
  // The reset is by GitHub's clock.
  return Math.max(1000, limit.resetAt.getTime() - (clockOf(answer) ?? now).getTime())
}

/** The number of the repository that GitHub leads on to; it names it by /repositories/ID. */
function repositoryIn(answer: Response): string | null {
  const body = jsonOf(answer)
  const url = typeof body === 'object' && body !== null && 'url' in body ? String(body.url) : ''
  return /\/repositories\/(\d{1,15})(?:[/?#]|$)/.exec(answer.headers.location ?? url)?.[1] ?? null
}

/**
 * A web page, or other JSON, where the API should be.
 * @param verdict of a write: 'in doubt', since a proxy in between may have passed it on
 */
export function notTheApi(status: number, verdict: 'hold' | 'in doubt' = 'hold'): DeliveryError {
  return new DeliveryError(
    verdict,
    `The answer (${status}) is not one of GitHub's API. Check base_url, and any proxy or sign-in page in front of GitHub`,
    { status, targetDown: verdict === 'in doubt', setting: 'base_url' },
  )
}

/** @param verdict 'pause' for an import, which then rests for longer */
export function noRepository(repository: string, verdict: 'hold' | 'pause' = 'hold'): DeliveryError {
  return new DeliveryError(
    verdict,
    `GitHub shows the login no repository ${oneLine(repository, 150)}. Correct repository, or give the token or the App access to it`,
    { status: 404, setting: 'repository' },
  )
}

export function issuesOff(repository: string, verdict: 'hold' | 'pause' = 'hold'): DeliveryError {
  return new DeliveryError(
    verdict,
    `Issues are switched off in the GitHub repository ${oneLine(repository, 150)}. Switch them on in its settings`,
    { status: 410, setting: 'repository' },
  )
}

/** GitHub's own words, and of each error in a field which and why. */
export function reasonIn(answer: Response): string {
  const body = jsonOf(answer)
  if (typeof body !== 'object' || body === null) return ''
  const { message, errors } = body as Readonly<Record<string, unknown>>
  const details = (Array.isArray(errors) ? errors : []).map((each: unknown) => {
    if (typeof each === 'string') return each
    if (typeof each !== 'object' || each === null) return ''
    const { field, message, code } = each as Readonly<Record<string, unknown>>
    return [field, message ?? code].filter((part) => typeof part === 'string').join(' ')
  })
  const said = typeof message === 'string' ? message : ''
  return oneLine([said, ...details.filter((each) => each !== '')].join(': '))
}
