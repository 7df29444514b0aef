import { Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs, refusal } from '../kit/answer.ts'
import { oneLine } from '../kit/one-line.ts'
import { clockOf } from '../kit/target-clock.ts'
import type { Access } from './access.ts'
import { tooManyMs } from './limits.ts'

/** The wait while credits are missing: topping up ends it by itself, "relay resume" at once, and nothing is used up. */
const UNPAID_MS = 60 * 60 * 1000
/** X refuses signatures whose time is further off than this. */
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

/** What X says of an error: its problem details, or the codes of its older interface. */
interface Said {
  /** All of it in lower case, to be searched. */
  readonly all: string
  readonly code: number | null
  /** A short sentence for the operator; empty where X says nothing of use. */
  readonly why: string
}

function saidBy(answer: Response): Said {
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

/** True when X refuses a post because the account has said the same just now. */
export function isDuplicate(answer: Response): boolean {
  if (answer.status !== 403 && answer.status !== 400) return false
  const { all, code } = saidBy(answer)
  return code === 187 || /duplicate (content|tweet|post|status)|is a duplicate/.test(all)
}

/** What an answer of X that is no success means. */
export function refusedBy(answer: Response, access: Pick<Access, 'remedy'>, now: Date): DeliveryError {
  const { status } = answer
  const { all, code, why } = saidBy(answer)
  const said = `Twitter answered ${status}${why === '' ? '' : `: ${why}`}`
  const pause = (fix: string): DeliveryError => new DeliveryError('pause', `${said}; ${fix}`, { status })
  const dead = (reason: string): DeliveryError => new DeliveryError('dead', `${said}; ${reason}`, { status })

  if (status === 429 || (status < 500 && (code === 88 || code === 185)))
    return new DeliveryError('hold', `${said}; over a limit of X`, {
      status: 429,
      retryAfterMs: code === 185 ? Math.max(UNPAID_MS, tooManyMs(answer, now)) : tooManyMs(answer, now),
    })
  if (status === 402)
    return new DeliveryError(
      'hold',
      `${said}; the app has no credits left or has reached its spending limit: add credits at console.x.com, then relay resume`,
      { status, retryAfterMs: UNPAID_MS },
    )
  if (status === 401) return unauthorized(answer, said, access.remedy, now)
  if (isDuplicate(answer)) return dead('X refuses the same words twice, and they were there before this was sent')
  // A server in trouble also finds that something took "too long", and may have written it.
  if (status === 400 || status === 403) {
    if (code === 186 || /(shorter|too long|character limit)/.test(all)) return dead('X finds it too long')
    if (/cashtag/.test(all)) return dead('X refuses more than one $NAME; look at the templates')
  }
  if (status === 403) {
    if (/oauth1-permissions|app permissions/.test(all))
      return pause(`set the app to "Read and write" at X, and then (the old token stays read-only) ${access.remedy}`)
    if (/client-not-enrolled|client-forbidden/.test(all) || code === 453)
      return pause(
        'the app is in no project or plan that may post; attach it to one at console.x.com, then relay resume',
      )
    if (/suspended/.test(all) || code === 63 || code === 64)
      return pause('X has suspended the account; settle that with X, then relay resume')
    if (/locked/.test(all) || code === 326)
      return pause('X has locked the account; sign in to it and unlock it, then relay resume')
    if (/application-only|unsupported-authentication/.test(all))
      return pause(`these are credentials of the app, not of an account: ${access.remedy}`)
    if (code === 226) return dead('X takes this post for spam')
    // X says so of a single post too, which must not keep the others back for ever.
    return new DeliveryError('retry', `${said}; X does not let this account or app post this`, { status })
  }
  if (status === 404 || status === 405 || status === 410)
    return new DeliveryError('hold', `${said}; there is no API of X at api_base_url`, {
      status,
      setting: 'api_base_url',
    })
  return refusal('Twitter', answer, now, why)
}

/** Revoked, wrong, or signed at a time that X does not believe: its answer carries its own. */
function unauthorized(answer: Response, said: string, remedy: string, now: Date): DeliveryError {
  const skew = skewMs(answer, now)
  const { status } = answer
  if (skew !== null && Math.abs(skew) > MOST_SKEW_MS)
    return new DeliveryError(
      'hold',
      `${said}; this machine's clock is ${Math.round(Math.abs(skew) / 60_000)} minutes ${skew > 0 ? 'ahead' : 'behind'}, and X refuses what is signed so; set it`,
      { status },
    )
  return new DeliveryError('pause', `${said}; X no longer takes the account's token: ${remedy}`, { status })
}

/** By how much our clock is ahead of the server's, in milliseconds; null: the answer does not tell. */
export function skewMs(answer: Response, now: Date): number | null {
  const clock = clockOf(answer)
  return clock === null ? null : now.getTime() - clock.getTime()
}
