import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswer, noAnswerToRead } from '../kit/answer.ts'
import { explanation, generalFault } from './faults.ts'
import { apiBase, type Settings } from './settings.ts'

/** Whoever the relay is logged in as; the id is the same that JIRA gives as a comment's author. */
export interface Account {
  readonly id: string
  readonly name: string
}

/** JIRA's REST API, version 2: the one that Server, Data Center and Cloud all have, with text bodies in wiki markup. */
export interface Api {
  readonly settings: Settings
  readonly now: () => Date
  /**
   * A question to any version of the API: `path` follows /rest/api. With a `body` it is posted; nothing is written.
   * The answer when it is a success or a refusal that is about what was asked (400, 403, 404, 413, 422).
   * @throws {DeliveryError} when it is about the login, a limit or the server, or did not come
   */
  ask(path: string, options?: { readonly body?: object; readonly maxBytes?: number }): Promise<Response>
  /**
   * `path` follows /rest/api/2.
   * @throws {DeliveryError} for anything but an answer of this shape
   */
  read<T extends TSchema>(path: string, shape: T, maxBytes?: number): Promise<Read<Static<T>>>
  /**
   * The answer when it is a success or a refusal that is about the ticket (400, 403, 404, 409, 413, 422).
   * @throws {DeliveryError} when it is about the login, a limit or the server, or did not come
   */
  write(path: string, body: object): Promise<Response>
  /** Proves the login, at most a few minutes ago. */
  me(): Promise<Account>
  /** Proves the login now. */
  proveLogin(): Promise<Account>
}

export interface Read<T> {
  readonly value: T
  /** The server's clock when it answered; null when it did not tell. */
  readonly serverTime: Date | null
}

const Myself = Type.Object({
  accountId: Type.Optional(Type.String()),
  key: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  displayName: Type.Optional(Type.String()),
})

const PROOF_LASTS_MS = 5 * 60 * 1000
const MOST_BYTES = 1024 * 1024
const JSON_BODY = { 'content-type': 'application/json' }

/** A JIRA that is reached with one integration's settings. */
export function createApi(settings: Settings, tools: Tools): Api {
  const base = `${apiBase(settings)}/rest/api`
  const headers = {
    accept: 'application/json',
    authorization: authorization(settings),
    // JIRA's guard against forged requests must not take us for a browser.
    'x-atlassian-token': 'no-check',
  }
  let proven: { account: Account; at: number } | null = null

  const api: Api = {
    settings,
    now: tools.now,
    async ask(path, { body, maxBytes = MOST_BYTES } = {}) {
      const url = base + path
      const response = await tools
        .send(
          body === undefined
            ? { method: 'GET', url, headers, maxBytes }
            : { method: 'POST', url, headers: { ...headers, ...JSON_BODY }, body: JSON.stringify(body), maxBytes },
        )
        .catch(noAnswerToRead)
      const fault = generalFault(response, settings, tools.now(), false)
      if (fault !== null) throw fault
      return response
    },
    async read(path, shape, maxBytes = MOST_BYTES) {
      const response = await api.ask(`/2${path}`, { maxBytes })
      if (response.status !== 200) throw refusedRead(response, settings)
      return { value: parse(response, shape), serverTime: dateOf(response) }
    },
    async write(path, body) {
      const response = await tools
        .send({
          method: 'POST',
          url: `${base}/2${path}`,
          headers: { ...headers, ...JSON_BODY },
          body: JSON.stringify(body),
        })
        .catch(noAnswer)
      const fault = generalFault(response, settings, tools.now(), true)
      if (fault !== null && isLoginTrouble(fault)) proven = null
      if (fault !== null) throw fault
      return response
    },
    async me() {
      const at = tools.now().getTime()
      return proven !== null && at - proven.at < PROOF_LASTS_MS ? proven.account : await api.proveLogin()
    },
    async proveLogin() {
      const at = tools.now().getTime()
      proven = null
      const { value } = await api.read('/myself', Myself)
      const id = value.accountId ?? value.key ?? value.name
      if (id === undefined) throw new DeliveryError('hold', 'JIRA did not say who the account is; check base_url.')
      proven = { account: { id, name: value.displayName ?? id }, at }
      return proven.account
    },
  }
  return api
}

function authorization(settings: Settings): string {
  const bearer = settings.personal_access_token ?? settings.oauth_token
  if (bearer !== undefined) return `Bearer ${bearer}`
  const pair = `${settings.api_username ?? ''}:${settings.api_password ?? ''}`
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
}

function isLoginTrouble(fault: DeliveryError): boolean {
  return fault.verdict === 'hold' || fault.verdict === 'pause' || fault.verdict === 'in doubt'
}

function refusedRead(response: Response, settings: Settings): DeliveryError {
  const { status } = response
  const why = explanation(response, settings)
  if (status === 404)
    return new DeliveryError(
      'dead',
      'JIRA answered 404: the ticket does not exist any more, or the account lacks the permission "Browse projects" ' +
        "(or the issue's security level) to see it.",
      { status },
    )
  if (status === 403)
    return new DeliveryError(
      'dead',
      'JIRA answered 403: the account may not see the ticket; give it the permission "Browse projects" in JIRA.',
      { status },
    )
  return new DeliveryError('dead', `JIRA answered ${status}${why === '' ? '' : `: ${why}`}`, { status })
}

/** @throws {DeliveryError} when the answer broke off or is nothing of this shape */
export function parse<T extends TSchema>(response: Response, shape: T): Static<T> {
  if (response.truncated)
    throw new DeliveryError('retry', 'JIRA answered with more than is read, or broke off.', { targetDown: true })
  let value: unknown
  try {
    value = response.json()
  } catch {
    throw new DeliveryError('retry', 'JIRA answered with something that is no JSON.', { targetDown: true })
  }
  if (!Value.Check(shape, value))
    throw new DeliveryError('retry', 'JIRA answered with JSON of another shape than its REST API has.')
  return value
}

function dateOf(response: Response): Date | null {
  const at = Date.parse(response.headers.date ?? '')
  return Number.isNaN(at) ? null : new Date(at)
}

/**
 * The moment by the server's clock that `since` was by ours. HTTP dates have whole seconds and answers take time, so
 * it is put two seconds early.
 */
export function onServersClock(since: Date, serverTime: Date | null, now: Date): Date {
  const ahead = serverTime === null ? 0 : serverTime.getTime() - now.getTime()
  return new Date(since.getTime() + ahead - 2000)
}
