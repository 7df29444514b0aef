import type { Response } from '../../http/send.ts'
import type { DeliveryError } from '../contract/delivery-error.ts'
import { refusal } from '../kit/answer.ts'
import { settingError } from '../kit/setting-error.ts'

export function refused(answer: Response, isLoggedIn: boolean, now: Date): DeliveryError {
  const { status } = answer
  if (status === 401 && isLoggedIn)
    return settingError('password', 'Get Satisfaction rejects email and password (401): set those of a member', {
      status,
    })
  if (status === 401)
    return settingError('email', 'Get Satisfaction asks for a login (401): set email and password of a member', {
      status,
    })
  if (status === 403)
    return settingError(
      'email',
      'Get Satisfaction does not let this login read the community (403): set email and password of a member of it',
      { status },
    )
  if (status >= 300 && status < 400)
    return settingError(
      'base_url',
      `Get Satisfaction answered ${status}, a redirect, which is never followed: set base_url to the address it points to`,
      { status },
    )
  return refusal('Get Satisfaction', answer, now)
}

export function foreign({ status }: Response): DeliveryError {
  return settingError(
    'base_url',
    `the answer (${status}) is not a list of topics as Get Satisfaction's API sends it: check base_url, and any proxy in between`,
    { status },
  )
}

export function noCompany(company: string): DeliveryError {
  return settingError(
    'company',
    `Get Satisfaction has no company ${company} (404): set company to what follows getsatisfaction.com/ in the address of the community`,
    { status: 404 },
  )
}

export function noProduct(product: string, company: string): DeliveryError {
  return settingError(
    'product',
    `Get Satisfaction has no product ${product} of the company ${company} (404): set product to what follows /products/ in the address of its page, or leave it blank for the whole company`,
    { status: 404 },
  )
}
