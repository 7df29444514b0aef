import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { retryAfterMs } from '../../http/retry-after.ts'
import { type Response, SendError } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'

/**
 * What a write's missing answer means. Nothing left the machine: try again. Otherwise it may have happened: look first.
 * Use as `const answer = await send(...).catch(noAnswer)`.
 */
export function noAnswer(error: unknown): never {
  if (!(error instanceof SendError)) throw error
  if (error.reason === 'blocked address') throw new DeliveryError('hold', error.message, { cause: error })
  if (error.reason === 'invalid request') throw new DeliveryError('dead', error.message, { cause: error })
  if (error.sent === 'no') throw new DeliveryError('retry', error.message, { targetDown: true, cause: error })
  throw new DeliveryError('in doubt', error.message, { targetDown: true, cause: error })
}

/** The same for a read: nothing can have happened at the target, so it is only ever tried again. */
export function noAnswerToRead(error: unknown): never {
  if (error instanceof SendError && error.sent === 'unknown')
    throw new DeliveryError('retry', error.message, { targetDown: true, cause: error })
  return noAnswer(error)
}

/**
 * What a status that is no success means where a connector knows nothing better. `what` begins the message
 * ("JIRA", "the web hook"), `why` is the target's own explanation if it gave a short one.
 */
export function refusal(what: string, response: Response, now: Date, why = ''): DeliveryError {
  const { status } = response
  const wait = retryAfterMs(response.headers['retry-after'], now)
  const said = why === '' ? `${what} answered ${status}` : `${what} answered ${status}: ${why}`
  if (status === 429) return new DeliveryError('hold', `${said}; over its rate limit`, { status, retryAfterMs: wait })
  if (status === 401 || status === 403 || status === 407)
    return new DeliveryError('hold', `${said}; it rejects the credentials`, { status, retryAfterMs: wait })
  // Also 503: a proxy says so too when the server behind it took the write and was slow to answer.
  if (status >= 500 || status === 408)
    return new DeliveryError('in doubt', said, { status, retryAfterMs: wait, targetDown: true })
  if (status === 425) return new DeliveryError('retry', said, { status, retryAfterMs: wait })
  if (status >= 300 && status < 400)
    return new DeliveryError('hold', `${said}: a redirect, which is never followed; set the address it points to`, {
      status,
    })
  return new DeliveryError('dead', said, { status })
}

/** An error of a write, as it is for a question: nothing can have come of it, so the question is asked again. */
export function ofRead(error: DeliveryError): DeliveryError {
  if (error.verdict !== 'in doubt') return error
  const { message, status, retryAfterMs, targetDown, setting, cause } = error
  return new DeliveryError('retry', message, { status, retryAfterMs, targetDown, setting, cause })
}

/** The answer's JSON if it is complete and of this shape; null for anything else. */
export function jsonAs<S extends TSchema>(answer: Response, schema: S): Static<S> | null {
  const value = jsonOf(answer)
  return Value.Check(schema, value) ? value : null
}

/** Undefined: it is not JSON, or was cut off within it. A connection that broke right after the end does no harm. */
export function jsonOf(answer: Response): unknown {
  try {
    return answer.json()
  } catch {
    return undefined
  }
}

/** A page for people: a login wall's, a proxy's, an error's. */
export function isWebPage({ headers, body }: Response): boolean {
  return /html/i.test(headers['content-type'] ?? '') || beginsAsWebPage(body.subarray(0, 200).toString('utf8'))
}

export function beginsAsWebPage(text: string): boolean {
  return /^\s*<(!doctype\s+html|html)\b/i.test(text)
}

export function isSuccess({ status }: Response): boolean {
  return status >= 200 && status < 300
}
