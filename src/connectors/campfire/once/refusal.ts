import type { Response } from '../../../http/send.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { refusal } from '../../kit/answer.ts'
import type { Once } from '../place.ts'

/**
 * What an answer that is no success means, in the words of the settings; never with the address, which holds the key.
 * The statuses are those of https://github.com/basecamp/once-campfire and of the server in front of it,
 * https://github.com/basecamp/thruster.
 */
export function onceRefusal(answer: Response, place: Once, now: Date): DeliveryError {
  const { status } = answer
  const { roomId } = place
  const said = `Campfire answered ${status}`
  const hold = (setting: string | null, why: string): DeliveryError =>
    new DeliveryError('hold', `${said}: ${why}`, { status, setting })
  const dead = (why: string): DeliveryError => new DeliveryError('dead', `${said}: ${why}`, { status })
  const inDoubt = (setting: string, why: string): DeliveryError =>
    new DeliveryError('in doubt', `${said}: ${why}`, { status, targetDown: true, setting })
  if (status >= 300 && status < 400) return redirected(answer.headers.location, place, hold)
  if (status === 401 || status === 403) return hold('bot_key', 'the bot_key may not write here')
  if (status === 404) return hold('room_id', `the bot is not in room ${roomId}, or there is no Campfire at the url`)
  if (status === 421) return hold('url', 'it does not serve the host name in the url')
  // A limit of a proxy in front would say how long to wait; a Campfire has none, and says this to a banned address.
  if (status === 429 && answer.headers['retry-after'] === undefined)
    return hold(null, 'it has banned the address of this machine')
  if (status === 413) return dead('the message is too long for it')
  if (status === 422) return dead('it refuses the message')
  if (status === 500) return inDoubt('room_id', `up to 1.4.9 this also means that the bot is not in room ${roomId}`)
  if (status < 300) return inDoubt('url', 'a Campfire answers 201; check the url')
  return refusal('Campfire', answer, now)
}

/** A key that is wrong, changed or switched off is sent to the sign-in page, which itself would answer 200. */
function redirected(
  location: string | undefined,
  place: Once,
  hold: (setting: string, why: string) => DeliveryError,
): DeliveryError {
  const target = location !== undefined && URL.canParse(location, place.base) ? new URL(location, place.base) : null
  if (target?.pathname.endsWith('/session/new'))
    return hold('bot_key', 'it does not know the bot_key, or the bot is switched off')
  if (target?.protocol === 'https:' && place.base.startsWith('http:'))
    return hold('url', 'it wants https; let the url begin with https://')
  return hold('url', 'it sends elsewhere; check the url')
}
