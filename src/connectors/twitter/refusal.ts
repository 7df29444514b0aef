import { Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs, refusal } from '../kit/answer.ts'
import { oneLine } from '../kit/one-line.ts'
import { clockOf } from '../kit/target-clock.ts'
import type { AccountAccess } from './access.ts'
import { tooManyMs } from './limits.ts'

/** The wait while credits are missing; X does not tell when some were added, and `resume` ends it at once. */
const UNPAID_MS = 60 * 60 * 1000
/** X refuses signatures that are further off. */
export const MOST_SKEW_MS = 5 * 60 * 1000

const Problem = Type.Object({
  title: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  type: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
})
const Errors = Type.Object({
  errors: Type.Array(
    Type.Object({
      code: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
      message: Type.Optional(Type.String()),
    }),
    { minItems: 1 },
  ),
})

/** X explains errors by problem details, or by the codes of its older API. `all` is in lower case. */
function saidBy(answer: Response): { all: string; code: number | null; why: string } {
  const problem = jsonAs(answer, Problem) ?? {}
  const [first] = jsonAs(answer, Errors)?.errors ?? []
  const all = [problem.title, problem.detail, problem.type, problem.reason, first?.message].filter(
    (each): each is string => each !== undefined,
  )
  return {
    all: all.join(' ').toLowerCase(),
    code: first?.code === undefined ? null : Number(first.code),
    why: oneLine(first?.message ?? problem.detail ?? problem.title ?? ''),
  }
}

/** The account has just posted the same words. */
export function isDuplicate(answer: Response): boolean {
  if (answer.status !== 403 && answer.status !== 400) return false
  const { all, code } = saidBy(answer)
  return code === 187 || /duplicate (content|tweet|post|status)|is a duplicate/.test(all)
}

export function refusedBy(answer: Response, { remedy }: Pick<AccountAccess, 'remedy'>, now: Date): DeliveryError {
  const { status } = answer
  const { all, code, why } = saidBy(answer)
  const said = `Twitter answered ${status}${why === '' ? '' : `: ${why}`}`
  const pause = (fix: string): DeliveryError => new DeliveryError('pause', `${said}; ${fix}`, { status })
  const dead = (reason: string): DeliveryError => new DeliveryError('dead', `${said}; ${reason}`, { status })
  const resume = 'then run "tracker-relay resume"'

  if (status === 429 || (status < 500 && (code === 88 || code === 185)))
    return new DeliveryError('hold', `${said}; over a rate limit of X`, {
      status: 429,
      retryAfterMs: code === 185 ? Math.max(UNPAID_MS, tooManyMs(answer, now)) : tooManyMs(answer, now),
    })
  if (status === 402)
    return new DeliveryError(
      'hold',
      `${said}; the app has no credits left or has reached its spending limit; add credits at console.x.com, ${resume}`,
      { status, retryAfterMs: UNPAID_MS },
    )
  if (status === 401) return unauthorized(answer, said, remedy, now)
  if (isDuplicate(answer)) return dead('X refuses the same words twice, and they were posted before this attempt')
  // Not for other statuses: a 503 says that a request took "too long", and may have written the post.
  if (status === 400 || status === 403) {
    if (code === 186 || /(shorter|too long|character limit)/.test(all)) return dead('X considers the post too long')
    if (/cashtag/.test(all)) return dead('X allows one $NAME in a post; check the templates')
  }
  if (status === 403) {
    if (/oauth1-permissions|app permissions/.test(all))
      return pause(`set the app to "Read and write" at X, then ${remedy}, because the old token stays read-only`)
    if (/client-not-enrolled|client-forbidden/.test(all) || code === 453)
      return pause(`the app needs a project or plan that may post; attach it to one at console.x.com, ${resume}`)
    if (/suspended/.test(all) || code === 63 || code === 64)
      return pause(`X has suspended the account; settle that with X, ${resume}`)
    if (/locked/.test(all) || code === 326)
      return pause(`X has locked the account; sign in to it and unlock it, ${resume}`)
    if (/application-only|unsupported-authentication/.test(all))
      return pause(`these are credentials of the app, not of an account; ${remedy}`)
    if (code === 226) return dead('X considers the post spam')
    // The refusal may be about this one post, which must not block the others.
    return new DeliveryError('retry', `${said}; X does not let this account or app post this`, { status })
  }
  if (status === 404 || status === 405 || status === 410)
    return wrongAddress(`${said}; X's API is not at this address`, status)
  return refusal('Twitter', answer, now, why)
}

export function wrongAddress(what: string, status: number): DeliveryError {
  return new DeliveryError('hold', `${what}; check api_base_url`, { status, setting: 'api_base_url' })
}

function unauthorized(answer: Response, said: string, remedy: string, now: Date): DeliveryError {
  const skew = skewMs(answer, now)
  const { status } = answer
  if (skew !== null && Math.abs(skew) > MOST_SKEW_MS)
    return new DeliveryError(
      'hold',
      `${said}; this machine's clock is ${Math.round(Math.abs(skew) / 60_000)} minutes ${skew > 0 ? 'ahead' : 'behind'}; set it, because X refuses requests that are signed with a wrong time`,
      { status },
    )
  return new DeliveryError('pause', `${said}; X no longer accepts the account's token; ${remedy}`, { status })
}

/** Positive if our clock is ahead of the server's; null if the answer does not tell. */
export function skewMs(answer: Response, now: Date): number | null {
  const clock = clockOf(answer)
  return clock === null ? null : now.getTime() - clock.getTime()
}
