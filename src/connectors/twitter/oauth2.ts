import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Connection } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs } from '../kit/answer.ts'
import {
  type AccessParts,
  type AccountAccess,
  connectCommand,
  notConnected,
  parsed,
  refusedConnection,
  sendUnrecorded,
  Text,
} from './access.ts'
import { type Grant, grantsIn } from './grants.ts'
import { nameOf } from './oauth1.ts'
import type { App } from './settings.ts'
import { SCOPE, tokensOf } from './tokens.ts'

/** A token is renewed before it could expire on the way. */
const MARGIN_MS = 60_000
/** The waits for a faster process to store its pair: X has answered it already, because it refused us. */
const WAITS_MS = [0, 50, 150, 300, 600, 900]

const Pending = Type.Object({ state: Text, verifier: Text, callback: Text })
const Me = Type.Object({ data: Type.Object({ id: Text, username: Text }) })

/**
 * docs.x.com, "OAuth 2.0 Authorization Code Flow with PKCE". A refresh token works once, so it is not spent while the
 * store cannot be written to, and its successor is stored before the new pair is used.
 */
export function oauth2Access(app: Extract<App, { kind: 'oauth2' }>, parts: AccessParts): AccountAccess {
  const { tools, apiBase } = parts
  const grants = grantsIn(parts, app.clientId)
  const tokens = tokensOf(app, parts)
  let refused: string | null = null
  let unsaved: Grant | null = null
  let underway: Promise<Grant> | null = null

  const endsAfter = (grant: Grant, ms: number): boolean =>
    grant.accessToken !== refused && tools.now().getTime() < grant.expiresAt - ms
  const usable = (grant: Grant): boolean => endsAfter(grant, MARGIN_MS)

  async function loaded(): Promise<Grant> {
    const grant = await grants.load()
    if (grant === null) throw notConnected(tools.integration)
    return grant
  }

  /** The pair is used only if its authorisation is still valid: a person may have ended or replaced it. */
  async function save(grant: Grant): Promise<Grant> {
    unsaved = grant
    const standing = await grants.renew(grant)
    unsaved = null
    if (standing === 'gone') await tokens.revoke(grant.refreshToken)
    return standing === 'kept' ? grant : await loaded()
  }

  async function renewed(): Promise<Grant> {
    if (unsaved !== null) await save(unsaved)
    const grant = await loaded()
    return usable(grant) ? grant : await grants.alone(renewedAlone)
  }

  async function renewedAlone(): Promise<Grant> {
    const grant = await loaded()
    if (usable(grant)) return grant
    try {
      await grants.prove()
    } catch (error) {
      // A full disk may have room again when the token really expires.
      if (error instanceof DeliveryError && endsAfter(grant, 0)) return grant
      throw error
    }
    const { refreshToken } = grant
    try {
      return await save({ ...grant, ...(await tokens.refresh(refreshToken)) })
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.verdict !== 'pause') throw error
      const other = await pairOfAnother(refreshToken)
      if (other === null) throw error
      return other
    }
  }

  /** A process of an earlier release may have refreshed first; its pair is valid once it is stored. */
  async function pairOfAnother(refreshToken: string): Promise<Grant | null> {
    for (const ms of WAITS_MS) {
      if (ms > 0) await tools.pause(ms)
      const other = await loaded()
      if (other.refreshToken !== refreshToken && usable(other)) return other
    }
    return null
  }

  async function current(): Promise<Grant> {
    if (unsaved === null) {
      const grant = await loaded()
      if (usable(grant)) return grant
    }
    underway ??= renewed().finally(() => {
      underway = null
    })
    return await underway
  }

  const connection: Connection = {
    async account() {
      const account = await grants.account()
      return account === null ? null : nameOf(account.screenName)
    },
    async begin(callback) {
      if (callback === null)
        throw refusedConnection(
          'OAuth 2.0 has no PIN; set server.public_url and use the button, or set consumer_key and consumer_secret (OAuth 1.0a) instead of client_id',
        )
      const state = randomBytes(24).toString('base64url')
      const verifier = randomBytes(48).toString('base64url')
      const url = new URL(`${parts.authorizeBase}/i/oauth2/authorize`)
      const query = {
        response_type: 'code',
        client_id: app.clientId,
        redirect_uri: callback,
        scope: SCOPE,
        state,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      }
      // Spaces as %20, because not every server understands "+".
      url.search = Object.entries(query)
        .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
        .join('&')
      return { url: url.href, pending: JSON.stringify({ state, verifier, callback }) }
    },
    async finish(pending, answer) {
      const begun = parsed(pending)
      if (!Value.Check(Pending, begun)) throw refusedConnection('no authorisation was begun here; begin again')
      if (!same(answer.state ?? '', begun.state))
        throw refusedConnection('this answer belongs to another attempt to authorise; begin again')
      if (answer.error !== undefined)
        throw refusedConnection('the account was not authorised, because access was refused at X')
      if (!answer.code) throw refusedConnection('X sent the browser back without a code; begin again')
      const pair = await tokens.exchange(answer.code, begun.callback, begun.verifier)
      const me = await whoIs(pair.accessToken)
      await grants.authorise(pair, me ?? { userId: null, screenName: null })
      refused = null
      unsaved = null
      return nameOf(me?.screenName ?? null)
    },
    async disconnect() {
      const pending = unsaved
      unsaved = null
      const grant = await grants.forget()
      const last = pending !== null && pending.id === grant?.id ? pending : grant
      if (last !== null) await tokens.revoke(last.refreshToken)
    },
  }

  /** Null if the plan does not allow the question, or X does not answer it now. */
  async function whoIs(accessToken: string): Promise<{ userId: string; screenName: string } | null> {
    try {
      const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/json' }
      const answer = await sendUnrecorded(parts, { method: 'GET', url: `${apiBase}/2/users/me`, headers })
      const told = answer.status === 200 ? jsonAs(answer, Me) : null
      return told === null ? null : { userId: told.data.id, screenName: told.data.username }
    } catch (error) {
      if (error instanceof DeliveryError) return null
      throw error
    }
  }

  return {
    header: async () => `Bearer ${(await current()).accessToken}`,
    renew(header) {
      refused = header.slice('Bearer '.length)
      return true
    },
    known: () => grants.account(),
    connection,
    setting: null,
    remedy: connectCommand(tools.integration),
  }
}

function same(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}
