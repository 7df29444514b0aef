import type { Response } from '../../http/send.ts'
import { DeliveryError, type Verdict } from '../contract/delivery-error.ts'
import { refusal } from '../kit/answer.ts'

/** An answer that is no success, with the setting that it is about; null for none in particular. */
export class Refusal extends DeliveryError {
  override readonly setting: string | null

  constructor(
    setting: string | null,
    verdict: Verdict,
    message: string,
    details: ConstructorParameters<typeof DeliveryError>[2],
  ) {
    super(verdict, message, details)
    this.name = 'Refusal'
    this.setting = setting
  }
}

/** What an answer means where Campfire has nothing of its own. */
export function commonRefusal(answer: Response, now: Date): Refusal {
  const { verdict, message, ...details } = refusal('Campfire', answer, now)
  return new Refusal(null, verdict, message, details)
}

/** The same answer to a question: nothing can have come of it, so that it is simply asked again. */
export function ofRead(error: Refusal): Refusal {
  if (error.verdict !== 'in doubt') return error
  const { setting, message, status, retryAfterMs, targetDown } = error
  return new Refusal(setting, 'retry', message, { status, retryAfterMs, targetDown })
}
