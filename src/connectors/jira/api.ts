import { type Static, type TSchema, Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs, noAnswerToRead, ofRead } from '../kit/answer.ts'
import { type CallOptions, type Calls, createCalls, type Read } from '../kit/calls.ts'
import type { OAuthTools } from '../kit/oauth/grant.ts'
import { type Account, accountOf, Myself } from './account.ts'
import type { Place } from './place.ts'
import { foreignAnswer, generalRefusal, noJira, refusedRead } from './refusal.ts'

/**
 * The REST API. Version 2, with texts in wiki markup, is the one that Server, Data Center and Cloud have in common;
 * version 3, with texts as documents, is Cloud's alone.
 */
export interface Api extends Pick<Calls, 'understood'> {
  readonly place: Place
  readonly now: () => Date
  /** Those of the token that was issued last; null if none was, or its issuer does not tell. */
  scope(): string | null
  /** The sites that the issued token is for; null if Atlassian does not tell. */
  sites(): Promise<readonly Site[] | null>
  /**
   * A question to any version of the API; `path` follows /rest/api.
   * @returns a success, or a refusal of what was asked (400, 403, 404, 413, 422)
   * @throws {DeliveryError} if it is about the login, a limit or the server, or none came
   */
  ask(path: string, options?: CallOptions & { readonly body?: object }): Promise<Response>
  /** `path` follows /rest/api/2 or 3. @throws {DeliveryError} for anything but an answer of this shape */
  read<S extends TSchema>(path: string, schema: S, options?: ReadOptions): Promise<Read<Static<S>>>
  /**
   * `path` follows /rest/api/2 or 3.
   * @returns a success, or a refusal about the ticket (400, 403, 404, 409, 413, 422)
   * @throws {DeliveryError} as `ask`
   */
  write(path: string, body: object, version?: Version): Promise<Response>
  /** Proves the login, unless it was proven in the last five minutes. */
  me(): Promise<Account>
  proveLogin(): Promise<Account>
}

export type Version = 2 | 3

const Site = Type.Object({ id: Type.String(), url: Type.String() })
export type Site = Static<typeof Site>

interface ReadOptions extends CallOptions {
  readonly version?: Version
}

const PROOF_LASTS_MS = 5 * 60 * 1000
const MOST_BYTES = 1024 * 1024

export function createApi(found: Place, tools: OAuthTools): Api {
  const { send, now } = tools
  const authorizer = found.login.authorizer(tools)
  const place = {
    ...found,
    login: {
      ...found.login,
      get secrets() {
        return [...found.login.secrets, ...authorizer.issued()]
      },
    },
  }
  const headers = async () => ({
    accept: 'application/json',
    authorization: await authorizer.header(),
    // JIRA's protection against forged requests must not take the relay for a browser.
    'x-atlassian-token': 'no-check',
  })
  const calls = createCalls({
    target: 'JIRA',
    base: `${place.api}/rest/api`,
    tools: { send },
    maxBytes: MOST_BYTES,
    headers,
    renew: ({ authorization = '' }) => authorizer.renew(authorization),
    refused: (answer) => refusedRead(answer, place),
    foreign: foreignAnswer,
  })
  let proven: { account: Account; at: number } | null = null

  const api: Api = {
    place,
    now,
    scope: authorizer.scope,
    async sites() {
      const url = place.api.replace(/\/ex\/jira\/[^/]+$/, '/oauth/token/accessible-resources')
      const answer = await send({ method: 'GET', url, headers: await headers(), maxBytes: MOST_BYTES }).catch(
        noAnswerToRead,
      )
      return answer.status === 200 ? jsonAs(answer, Type.Array(Site)) : null
    },
    understood: calls.understood,
    async ask(path, options) {
      const answer = await calls.ask(path, options)
      const refused = generalRefusal(answer, place, now(), false)
      if (refused !== null) throw ofRead(refused)
      return answer
    },
    async read(path, schema, { version = 2, ...options } = {}) {
      return calls.understood(await api.ask(`/${version}${path}`, options), schema)
    },
    async write(path, body, version = 2) {
      const answer = await calls.write('POST', `/${version}${path}`, body)
      const refused = generalRefusal(answer, place, now(), true)
      if (refused === null) return answer
      if (mayConcernLogin(refused)) proven = null
      throw refused
    },
    async me() {
      const at = now().getTime()
      return proven !== null && at - proven.at < PROOF_LASTS_MS ? proven.account : await api.proveLogin()
    },
    async proveLogin() {
      const at = now().getTime()
      proven = null
      const { value } = await api.read('/myself', Myself).catch((error: unknown) => {
        throw noJira(error, place)
      })
      const account = accountOf(value)
      if (account === null)
        throw new DeliveryError('hold', `JIRA did not say who the account is; check ${place.apiSetting}.`, {
          setting: place.apiSetting,
        })
      proven = { account, at }
      return account
    },
  }
  return api
}

function mayConcernLogin({ verdict }: DeliveryError): boolean {
  return verdict === 'hold' || verdict === 'pause' || verdict === 'in doubt'
}
