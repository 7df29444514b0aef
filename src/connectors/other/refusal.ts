import type { Response } from '../../http/send.ts'
import type { DeliveryError } from '../contract/delivery-error.ts'
import { ofRead, refusal } from '../kit/answer.ts'
import { settingError } from '../kit/setting-error.ts'
import type { Access } from './source.ts'

/**
 * What a status that is not 200 means.
 * @param setting names the address
 */
export function refused(response: Response, { url, headers }: Access, setting: string, now: Date): DeliveryError {
  const { status } = response
  const { host } = new URL(url)
  if (status === 401 || status === 403) return refusedLogin(status, host, headers)
  if (status === 404 || status === 410)
    return settingError(setting, `${host} has nothing at this address (${status}): check ${setting}`, { status })
  if (status >= 300 && status < 400)
    return settingError(
      setting,
      `${host} answered ${status}, a redirect, which is never followed: set ${setting} to the address it points to`,
      { status },
    )
  return ofRead(refusal(host, response, now))
}

function refusedLogin(status: number, host: string, headers: Access['headers']): DeliveryError {
  if (headers.authorization?.startsWith('Basic ') === true)
    return settingError(
      'source.password',
      `${host} rejects the login (${status}): check source.username and source.password, and what that user may read`,
      { status },
    )
  if (Object.keys(headers).length > 0)
    return settingError('source.headers', `${host} rejects the login (${status}): check source.headers`, { status })
  return settingError(
    'source.username',
    `${host} asks for a login (${status}): set source.username and source.password, or source.headers`,
    { status },
  )
}
