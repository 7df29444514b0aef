import type { Response } from '../../http/send.ts'
import type { DeliveryError } from '../contract/delivery-error.ts'
import { ofRead, refusal } from '../kit/answer.ts'
import { settingError } from '../kit/setting-error.ts'
import type { Endpoint } from './source.ts'

/** For a status other than 200. @param setting names the URL */
export function refused(response: Response, { url, headers }: Endpoint, setting: string, now: Date): DeliveryError {
  const { status } = response
  const { host } = new URL(url)
  const wrong = (setting: string, what: string, help: string): DeliveryError =>
    settingError(setting, `${host} ${what}: ${help}`, { status })
  if (status === 401 || status === 403) {
    if (headers.authorization?.startsWith('Basic ') === true)
      return wrong(
        'source.password',
        `rejects the login (${status})`,
        'check source.username and source.password, and what that user may read',
      )
    if (Object.keys(headers).length > 0)
      return wrong('source.headers', `rejects the login (${status})`, 'check source.headers')
    const help = 'set source.username and source.password, or source.headers'
    return wrong('source.username', `asks for a login (${status})`, help)
  }
  if (status === 404 || status === 410) return wrong(setting, `has nothing at this URL (${status})`, `check ${setting}`)
  if (status >= 300 && status < 400)
    return wrong(
      setting,
      `answered ${status}, a redirect, which is never followed`,
      `set ${setting} to the URL that it points to`,
    )
  return ofRead(refusal(host, response, now))
}
