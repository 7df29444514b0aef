import { Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { Finding, Job, Receipt, Session, SettingProblem, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { isSuccess, noAnswer, refusal } from './answer.ts'
import { reach } from './reach.ts'
import { settingError } from './setting-error.ts'
import { toldBy } from './told.ts'
import { beginsAsWebPage } from './web-page.ts'

/** A room behind an address that takes messages, and can be asked nothing: the address is the login. */
export interface HookRoom {
  /** For messages: "Slack". */
  readonly target: string
  readonly url: string
  body(job: Job): object
  /** Null for a 2xx answer that is not the target's own; a proxy or a sign-in page answers 200 too. */
  taken(answer: Response): Receipt | null
  /** The answers after which nothing will work until somebody sets another address. */
  isGone(answer: Response): boolean
  /** Longer than the answer's Retry-After; null: nothing but that header tells. */
  retryAfterMs?(answer: Response): number | null
}

/** The setting of the address. */
export function hookUrl(description: string, example: string) {
  return Type.String({ minLength: 1, writeOnly: true, description, examples: [example] })
}

/** Never repeats the address. @param like an example */
export function hookUrlProblems(address: string, like: string): SettingProblem[] {
  const problem = { setting: 'url', problem: `must be the whole address of the web hook, like ${like}` }
  if (!URL.canParse(address)) return [problem]
  const { protocol, username, password } = new URL(address)
  return /^https?:$/.test(protocol) && `${username}${password}` === '' ? [] : [problem]
}

/** The keys within the address, which an answer may repeat without the rest. */
export function hookSecrets(address: string): string[] {
  const { pathname, searchParams } = new URL(address)
  return [...pathname.split('/'), ...searchParams.values()].filter((part) => part.length >= SHORTEST_KEY)
}

/** Shorter ones are ids and words. */
const SHORTEST_KEY = 16

/** There is nothing to ask after a lost answer, so the message is then sent again. */
export function hookSession(
  room: HookRoom,
  { send, now }: Pick<Tools, 'send' | 'now'>,
): Required<Pick<Session, 'perform' | 'confirm' | 'check'>> {
  const { target } = room
  const url = new URL(room.url)

  return {
    async perform(job): Promise<Receipt> {
      const body = JSON.stringify(room.body(job))
      const headers = { 'content-type': 'application/json; charset=utf-8' }
      const answer = await send({ method: 'POST', url: url.href, headers, body, isWrite: true }).catch(noAnswer)
      if (!isSuccess(answer)) throw refusedBy(room, answer, now())
      const receipt = room.taken(answer)
      if (receipt !== null) return receipt
      if (answer.truncated && !beginsAsWebPage(answer.text())) return { note: `answered ${answer.status}` }
      const message = `${url.host} answered ${answer.status}, but not as ${target} does; check url`
      throw new DeliveryError('in doubt', message, { status: answer.status, targetDown: true, setting: 'url' })
    },
    confirm: async () => 'cannot tell',
    check: async (): Promise<Finding[]> => [
      await reach(url, send, `${target} cannot be asked whose web hook this is: whether it takes messages`),
      ...unencrypted(url),
    ],
  }
}

export function unencrypted({ protocol }: URL): Finding[] {
  if (protocol === 'https:') return []
  const message = 'http can be read by everyone on the way, also the key in the address; use https'
  return [{ level: 'warning', setting: 'url', message }]
}

export function refusedBy(
  room: Pick<HookRoom, 'target' | 'isGone' | 'retryAfterMs'>,
  answer: Response,
  now: Date,
): DeliveryError {
  const { status } = answer
  const why = toldBy(answer)
  if (room.isGone(answer)) {
    const said = `${room.target} answered ${status}${why === '' ? '' : `: ${why}`}`
    return settingError('url', `${said}; make a new web hook, set its url, then tracker-relay resume`, { status })
  }
  const error = refusal(room.target, answer, now, why)
  const retryAfterMs = room.retryAfterMs?.(answer) ?? null
  if (retryAfterMs === null || retryAfterMs <= (error.retryAfterMs ?? 0)) return error
  return new DeliveryError(error.verdict, error.message, { status, retryAfterMs, targetDown: error.targetDown })
}
