import type { Response } from '../../http/send.ts'
import type { DeliveryError } from '../contract/delivery-error.ts'
import { refusal } from '../kit/answer.ts'
import { settingError } from '../kit/setting-error.ts'

export function refused(answer: Response, isLoggedIn: boolean, now: Date): DeliveryError {
  const { status } = answer
  const wrong = (setting: string, what: string, help: string): DeliveryError =>
    settingError(setting, `Get Satisfaction ${what}: ${help}`, { status })
  if (status === 401 && isLoggedIn)
    return wrong('password', 'rejects email and password (401)', 'set those of a member')
  if (status === 401) return wrong('email', 'asks for a login (401)', 'set email and password of a member')
  if (status === 403)
    return wrong(
      'email',
      'does not let this login read the community (403)',
      'set email and password of a member of it',
    )
  if (status >= 300 && status < 400)
    return wrong(
      'base_url',
      `answered ${status}, a redirect, which is never followed`,
      'set base_url to the URL that it points to',
    )
  return refusal('Get Satisfaction', answer, now)
}

export function foreign({ status }: Response): DeliveryError {
  const message = `the answer (${status}) is not a list of topics in the format of Get Satisfaction's API: check base_url, and any proxy in between`
  return settingError('base_url', message, { status })
}

export function noCompany(company: string): DeliveryError {
  const help = 'set company to what follows getsatisfaction.com/ in the URL of the community'
  return settingError('company', `Get Satisfaction has no company ${company} (404): ${help}`, { status: 404 })
}

export function noProduct(product: string, company: string): DeliveryError {
  const what = `Get Satisfaction has no product ${product} of the company ${company} (404)`
  const help = 'set product to what follows /products/ in the URL of its page, or leave it blank for the whole company'
  return settingError('product', `${what}: ${help}`, { status: 404 })
}
