import { type KeyObject, sign } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { recordExchanges } from '../../http/recording.ts'
import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs, noAnswerToRead, ofRead } from '../kit/answer.ts'
import { type Authorizer, keptHeader } from '../kit/oauth/authorizer.ts'
import type { Grant } from '../kit/oauth/grant.ts'
import { clockOf } from '../kit/target-clock.ts'
import { HEADERS } from './headers.ts'
import type { Login } from './login.ts'
import type { Place } from './place.ts'
import { notTheApi, reasonIn, refused } from './refusal.ts'

/** A GitHub App: it signs for itself with its key, and is given a token of its installation for an hour at a time. */
export interface App {
  readonly authorizer: Authorizer
  self(): Promise<AppSelf>
  installation(): Promise<Installation>
}

const AppSelf = Type.Object({ id: Type.Integer(), slug: Type.Optional(Type.String()), name: Type.String() })
export type AppSelf = Static<typeof AppSelf>

const Installation = Type.Object({
  id: Type.Integer(),
  permissions: Type.Record(Type.String(), Type.String()),
  suspended_at: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})
export type Installation = Static<typeof Installation>

const Issued = Type.Object({ token: Type.String({ minLength: 1 }), expires_at: Type.String() })

/** GitHub accepts ten minutes at most, and a minute back makes up for clocks (docs.github.com, "Generating a JWT"). */
const JWT_SECONDS = 9 * 60
const JWT_BACK_SECONDS = 60
/** How far our clock may be from GitHub's before that is taken for the reason of a refusal. */
const SKEW_MS = 30_000

/** @param access the least that the tokens have to allow */
export function createApp(
  { api, repository, login }: Place & { readonly login: Extract<Login, { kind: 'app' }> },
  access: 'read' | 'write',
  { send, now }: Pick<Tools, 'send' | 'now'>,
): App {
  let skewMs = 0
  let installationId = login.installationId

  async function once(path: string, body: object | undefined): Promise<Response> {
    const jwt = signed(login.appId, login.privateKey, new Date(now().getTime() + skewMs))
    const headers = { ...HEADERS, authorization: `Bearer ${jwt}` }
    const request =
      body === undefined
        ? ({ method: 'GET', url: api + path, headers } as const)
        : ({
            method: 'POST',
            url: api + path,
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          } as const)
    // The answer may have a token, which is in no setting, so it is kept out of the attempt's record.
    return await recordExchanges([], () => send(request)).catch(noAnswerToRead)
  }

  /** If the clocks differ, GitHub does not take what we sign: then once more by its own. */
  async function ask(path: string, body?: object): Promise<Response> {
    const answer = await once(path, body)
    const clock = clockOf(answer)
    if (answer.status !== 401 || clock === null) return answer
    const differs = clock.getTime() - now().getTime()
    if (Math.abs(differs - skewMs) < SKEW_MS) return answer
    skewMs = differs
    return await once(path, body)
  }

  function failed(answer: Response): DeliveryError {
    const { status } = answer
    if (status === 401)
      return new DeliveryError(
        'hold',
        `GitHub does not accept the App's login (401${said(answer)}). Check app_id and app_private_key`,
        { status, setting: 'app_private_key' },
      )
    return status < 300 ? notTheApi(status) : ofRead(refused(answer, now(), 'app_id'))
  }

  async function installation(): Promise<Installation> {
    const given = login.installationId
    const path = given === null ? `/repos/${repository}/installation` : `/app/installations/${given}`
    const answer = await ask(path)
    const { status } = answer
    if (status === 404)
      throw new DeliveryError(
        'hold',
        given === null
          ? `The GitHub App is not installed on ${repository}. Install it there, or correct repository`
          : `The GitHub App has no installation ${given}. Correct app_installation_id, or leave it out`,
        { status, setting: given === null ? 'repository' : 'app_installation_id' },
      )
    if (status !== 200) throw failed(answer)
    const found = jsonAs(answer, Installation)
    if (found === null) throw notTheApi(status)
    installationId = String(found.id)
    return found
  }

  async function obtain(): Promise<Grant> {
    const id = installationId ?? String((await installation()).id)
    const [, name = ''] = repository.split('/')
    const answer = await ask(`/app/installations/${id}/access_tokens`, {
      repositories: [name],
      permissions: { issues: access, metadata: 'read' },
    })
    const { status } = answer
    // It may have been installed anew since; the next try looks for it again.
    if (status === 404) installationId = login.installationId
    if (status === 404)
      throw new DeliveryError('hold', `The GitHub App has no installation ${id}. Install it on ${repository}`, {
        status,
        setting: login.installationId === null ? 'repository' : 'app_installation_id',
      })
    if (status === 422)
      throw new DeliveryError(
        'hold',
        `GitHub gives the App no token for ${repository} (422${said(answer)}). Give the App the permission Issues: read and write, accept it in the installation, and choose the repository there`,
        { status, setting: 'app_id' },
      )
    if (status !== 201) throw failed(answer)
    const issued = jsonAs(answer, Issued)
    if (issued === null) throw notTheApi(status)
    // Its end is by GitHub's clock.
    const lifeMs = Date.parse(issued.expires_at) - (clockOf(answer) ?? now()).getTime()
    return {
      origin: '',
      accessToken: issued.token,
      refreshToken: null,
      expiresAt: Number.isNaN(lifeMs) ? null : now().getTime() + lifeMs,
      scope: null,
    }
  }

  return {
    authorizer: keptHeader(obtain, now),
    async self() {
      const answer = await ask('/app')
      if (answer.status !== 200) throw failed(answer)
      const found = jsonAs(answer, AppSelf)
      if (found === null) throw notTheApi(answer.status)
      return found
    },
    installation,
  }
}

function said(answer: Response): string {
  const reason = reasonIn(answer)
  return reason === '' ? '' : `: ${reason}`
}

function signed(issuer: string, key: KeyObject, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iat: seconds - JWT_BACK_SECONDS, exp: seconds + JWT_SECONDS, iss: issuer }
  const words = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
  return `${words}.${sign('RSA-SHA256', Buffer.from(words), key).toString('base64url')}`
}
