import { Type } from 'typebox'
import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import type { Limit } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs, refusal } from '../kit/answer.ts'
import { limitIn } from '../kit/limit-headers.ts'
import { oneLine } from '../kit/one-line.ts'

const Said = Type.Object({ error: Type.String() })

/** The wait if a 429 names none: the window of Mastodon's limits. */
const UNTOLD_MS = 5 * 60 * 1000
/** Some limits of Mastodon last three hours or a day. */
const LONGEST_MS = 24 * 60 * 60 * 1000

/** docs.joinmastodon.org, "statuses" and "Rate limits" */
export function refusedBy(answer: Response, now: Date): DeliveryError {
  const { status } = answer
  const why = oneLine(jsonAs(answer, Said)?.error ?? '')
  const said = `Mastodon answered ${status}${why === '' ? '' : `: ${why}`}`
  const pause = (setting: string, fix: string): DeliveryError =>
    new DeliveryError('pause', `${said}; ${fix}`, { status, setting })
  if (status === 401) return pause('access_token', 'it no longer accepts the access_token; make a new one and set it')
  if (status === 403)
    return pause(
      'access_token',
      'the access_token lacks the scope write:statuses, or the account may not post; correct that, then tracker-relay resume',
    )
  if (status === 410) return pause('base_url', 'the server is gone from base_url; set the new one')
  if (status === 404 || status === 405)
    return new DeliveryError('hold', `${said}; there is no Mastodon at base_url`, { status, setting: 'base_url' })
  if (status === 422) return new DeliveryError('dead', `${said}; it refuses this post`, { status })
  if (status === 429)
    return new DeliveryError('hold', `${said}; over its rate limit`, { status, retryAfterMs: tooManyMs(answer, now) })
  return refusal('Mastodon', answer, now, why)
}

/** A success that Mastodon would not have answered; the post may be there. */
export function notMastodon(verdict: 'hold' | 'in doubt', status: number): DeliveryError {
  const message = `Mastodon answered ${status}, but not as a Mastodon does; check base_url`
  return new DeliveryError(verdict, message, { status, setting: 'base_url' })
}

export function limitOf(answer: Response): Limit | null {
  return limitIn(answer, 'x-ratelimit')
}

function tooManyMs(answer: Response, now: Date): number {
  const resetAt = limitOf(answer)?.resetAt ?? now
  const told = [resetAt.getTime() - now.getTime(), retryAfterMs(answer.headers['retry-after'], now) ?? 0]
  return Math.min(LONGEST_MS, Math.max(...told, 0)) || UNTOLD_MS
}
