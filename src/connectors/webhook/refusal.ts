import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { refusal } from '../kit/answer.ts'

/**
 * A receiver may be misconfigured for hours without losing an event: what it refuses is retried, each delivery on its
 * own, so that one that it never accepts does not hold up the others.
 */
export function refusedBy(who: string, response: Response, now: Date): DeliveryError {
  const { status, headers } = response
  if (status === 410)
    return new DeliveryError('pause', `${who} answered 410: it is gone for good; set another url`, {
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
