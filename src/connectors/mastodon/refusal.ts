import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import type { Limit } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { refusal } from '../kit/answer.ts'

const Said = Type.Object({ error: Type.String() })

/** How long is waited when a 429 tells nothing: the window of Mastodon's limits. */
const UNTOLD_MS = 5 * 60 * 1000
/** Some limits of Mastodon are for three hours or a day. */
const LONGEST_MS = 24 * 60 * 60 * 1000

/** What an answer of Mastodon that is no success means (docs.joinmastodon.org, "statuses" and "Rate limits"). */
export function refusedBy(answer: Response, now: Date): DeliveryError {
  const { status } = answer
  const why = whyIn(answer)
  const said = `Mastodon answered ${status}${why === '' ? '' : `: ${why}`}`
  const pause = (fix: string): DeliveryError => new DeliveryError('pause', `${said}; ${fix}`, { status })
  if (status === 401) return pause('it takes the access_token no longer; make a new one and set it')
  if (status === 403)
    return pause(
      'the access_token lacks the scope write:statuses, or the account may not post; mend it, then relay resume',
    )
  if (status === 410) return pause('the server is gone from base_url; set the new one')
  if (status === 404 || status === 405)
    return new DeliveryError('hold', `${said}; there is no Mastodon at base_url`, { status })
  if (status === 422) return new DeliveryError('dead', `${said}; it refuses this post`, { status })
  if (status === 429)
    return new DeliveryError('hold', `${said}; over its rate limit`, { status, retryAfterMs: tooManyMs(answer, now) })
  const { message, verdict, ...details } = refusal('Mastodon', answer, now, why)
  return new DeliveryError(verdict, message, details)
}

/** The same answer to a question: nothing can have come of it, so that it is simply asked again. */
export function ofRead(error: DeliveryError): DeliveryError {
  if (error.verdict !== 'in doubt') return error
  const { message, status, retryAfterMs: wait, targetDown } = error
  return new DeliveryError('retry', message, { status, retryAfterMs: wait, targetDown })
}

/** The limit that an answer tells of; null: none. */
export function limitIn({ headers }: Response): Limit | null {
  const limit = integer(headers['x-ratelimit-limit'])
  const remaining = integer(headers['x-ratelimit-remaining'])
  const resetAt = timeOf(headers['x-ratelimit-reset'])
  return limit === null && remaining === null && resetAt === null ? null : { limit, remaining, resetAt }
}

function tooManyMs(answer: Response, now: Date): number {
  const resetAt = limitIn(answer)?.resetAt ?? null
  const told = [
    resetAt === null ? 0 : resetAt.getTime() - now.getTime(),
    retryAfterMs(answer.headers['retry-after'], now) ?? 0,
  ]
  return Math.min(LONGEST_MS, Math.max(...told, 0)) || UNTOLD_MS
}

/** Mastodon writes the time in ISO 8601; other servers that speak its language, in seconds since 1970. */
function timeOf(header: string | undefined): Date | null {
  const text = header?.trim() ?? ''
  const at = /^\d{9,11}$/.test(text)
    ? Number(text) * 1000
    : /^\d{4}-\d\d-\d\d/.test(text)
      ? Date.parse(text)
      : Number.NaN
  return Number.isNaN(at) ? null : new Date(at)
}

function integer(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,9}$/.test(header.trim()) ? Number(header) : null
}

function whyIn(answer: Response): string {
  try {
    const body = answer.json()
    const text = Value.Check(Said, body) ? body.error.replace(/[\s\p{C}]+/gu, ' ').trim() : ''
    return text.length > 200 ? `${text.slice(0, 200)}...` : text
  } catch {
    return ''
  }
}
