import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { refusal } from '../kit/answer.ts'

/**
 * A receiver may be misconfigured for hours without an event being lost: what it refuses is tried again, each
 * delivery for itself, so that one that a receiver never takes does not hold up the others.
 */
export function refusedBy(who: string, response: Response, now: Date): DeliveryError {
  const { status, headers } = response
  if (status === 410)
    return new DeliveryError('pause', `${who} answered 410: it is gone for good and wants no more; mend the url`, {
      status,
      setting: 'url',
    })
  if (status >= 400 && status < 500 && status !== 429 && status !== 408)
    return new DeliveryError('retry', `${who} answered ${status}`, {
      status,
      retryAfterMs: retryAfterMs(headers['retry-after'], now),
    })
  return refusal(who, response, now)
}
