import type { Response } from '../../../http/send.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { refusal } from '../../kit/answer.ts'
import type { Classic } from '../place.ts'

/**
 * What an answer that is no success means, in the words of the settings. The statuses are those of
 * https://github.com/basecamp/campfire-api and of its client https://github.com/Manfred/broach.
 */
export function classicRefusal(answer: Response, place: Classic, now: Date): DeliveryError {
  const { status } = answer
  const { roomId, addressSetting } = place
  const said = `Campfire answered ${status}`
  const hold = (setting: string, why: string): DeliveryError =>
    new DeliveryError('hold', `${said}: ${why}`, { status, setting })
  if (status >= 300 && status < 400) return redirected(answer.headers.location, place, hold)
  if (status === 401) return hold('api_token', 'it does not know the api_token')
  if (status === 403)
    return hold(
      'room_id',
      `the user of api_token may not do this in room_id ${roomId}; is it locked, or closed to them?`,
    )
  if (status === 404) return hold('room_id', `there is no room_id ${roomId} at this ${addressSetting}`)
  if (status === 422) return new DeliveryError('dead', `${said}: it refuses the message`, { status })
  if (status < 300) return notCampfire(answer, place)
  return refusal('Campfire', answer, now)
}

/** A success that Campfire would not have answered, as of a sign-in page of the network: look before it is repeated. */
export function notCampfire({ status }: Response, { base, addressSetting }: Classic): DeliveryError {
  const message = `${new URL(base).host} answered ${status}, but not as a Campfire does; check ${addressSetting}`
  return new DeliveryError('in doubt', message, { status, targetDown: true, setting: addressSetting })
}

/** An account answers to one of https and http, and redirects the other. A redirect is never success. */
function redirected(
  location: string | undefined,
  { base, addressSetting }: Classic,
  hold: (setting: string, why: string) => DeliveryError,
): DeliveryError {
  const { protocol, host } = new URL(base)
  const target = location !== undefined && URL.canParse(location, base) ? new URL(location, base) : null
  if (target === null || target.protocol === protocol)
    return hold(addressSetting, `it sends elsewhere; check ${addressSetting} (now ${host})`)
  const secure = target.protocol === 'https:'
  if (addressSetting === 'base_url') return hold('base_url', `let base_url begin with ${secure ? 'https' : 'http'}://`)
  return hold('use_ssl', secure ? 'it wants https; turn use_ssl on' : 'it has no https; turn use_ssl off')
}
