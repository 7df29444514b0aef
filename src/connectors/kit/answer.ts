import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { retryAfterMs } from '../../http/retry-after.ts'
import { type Response, SendError } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'

/**
 * For a write that got no answer: retry if nothing left the machine, otherwise it may have happened.
 * Use as `const answer = await send(...).catch(noAnswer)`.
 */
export function noAnswer(error: unknown): never {
  if (!(error instanceof SendError)) throw error
  if (error.reason === 'blocked address') throw new DeliveryError('hold', error.message, { cause: error })
  if (error.reason === 'invalid request') throw new DeliveryError('dead', error.message, { cause: error })
  if (error.sent === 'no') throw new DeliveryError('retry', error.message, { targetDown: true, cause: error })
  throw new DeliveryError('in doubt', error.message, { targetDown: true, cause: error })
}

/** The same for a read, which is never in doubt. */
export function noAnswerToRead(error: unknown): never {
  if (error instanceof SendError && error.sent === 'unknown')
    throw new DeliveryError('retry', error.message, { targetDown: true, cause: error })
  return noAnswer(error)
}

/**
 * The error for a status that is not a success, unless a connector knows better. `what` begins the message ("JIRA", "the
 * web hook"), `why` is the target's own short explanation.
 */
export function refusal(what: string, response: Response, now: Date, why = ''): DeliveryError {
  const { status } = response
  const wait = retryAfterMs(response.headers['retry-after'], now)
  const said = why === '' ? `${what} answered ${status}` : `${what} answered ${status}: ${why}`
  if (status === 429) return new DeliveryError('hold', `${said}; over its rate limit`, { status, retryAfterMs: wait })
  if (status === 401 || status === 403 || status === 407)
    return new DeliveryError('hold', `${said}; it rejects the credentials`, { status, retryAfterMs: wait })
  // Also 503: a proxy sends it too if the server behind it took the write and was slow to answer.
  if (status >= 500 || status === 408)
    return new DeliveryError('in doubt', said, { status, retryAfterMs: wait, targetDown: true })
  if (status === 425) return new DeliveryError('retry', said, { status, retryAfterMs: wait })
  if (status >= 300 && status < 400)
    return new DeliveryError('hold', `${said}: a redirect, which is never followed; set the address it points to`, {
      status,
    })
  return new DeliveryError('dead', said, { status })
}

/** The error for a read, which is never in doubt. */
export function ofRead(error: DeliveryError): DeliveryError {
  if (error.verdict !== 'in doubt') return error
  const { message, status, retryAfterMs, targetDown, setting, cause } = error
  return new DeliveryError('retry', message, { status, retryAfterMs, targetDown, setting, cause })
}

/** Null if it is not complete JSON of this shape. */
export function jsonAs<S extends TSchema>(answer: Response, schema: S): Static<S> | null {
  const value = jsonOf(answer)
  return Value.Check(schema, value) ? value : null
}

/** Undefined if it is not JSON or was cut off. A connection that broke right after the end does no harm. */
export function jsonOf(answer: Response): unknown {
  try {
    return answer.json()
  } catch {
    return undefined
  }
}

export function isSuccess({ status }: Response): boolean {
  return status >= 200 && status < 300
}
