import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { recordExchanges } from '../../http/recording.ts'
import type { Request, Response } from '../../http/send.ts'
import type { Connection, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { SealError } from '../contract/seal-error.ts'
import { noAnswerToRead, refusal } from '../kit/answer.ts'

/** How requests to X are authorised. */
export interface Access {
  /** The Authorization header of one request. @throws {DeliveryError} `pause` while no account is authorised */
  header(method: Request['method'], url: string): Promise<string>
  /** Told that X answered 401 to this header: true when another one can be had. */
  renew(refused: string): boolean
  /** What is known of the account without asking X; null when none is authorised. */
  known(): Promise<KnownAccount | null>
  /** What a person does when X no longer takes what it gave out. */
  readonly remedy: string
  /** The setting that is to blame then; null where the settings do not hold the token. */
  readonly setting: string | null
  readonly connection?: Connection
}

/** Null: X has not told it. */
export interface KnownAccount {
  readonly userId: string | null
  readonly screenName: string | null
}

export interface AccessParts {
  readonly apiBase: string
  readonly authorizeBase: string
  readonly tools: Pick<Tools, 'integration' | 'send' | 'now' | 'pause' | 'credentials' | 'log'>
}

export const Text = Type.String({ minLength: 1 })
export const Maybe = Type.Union([Type.String(), Type.Null()])

export function notConnected(integration: string): DeliveryError {
  return new DeliveryError('pause', `Twitter: not authorised: relay connect twitter ${integration}`)
}

/** What cannot be had without a person: a connection that was refused, has ended or was never begun here. */
export function refusedConnection(message: string, status: number | null = null): DeliveryError {
  return new DeliveryError('pause', `Twitter: ${message}`, { status })
}

/** What the relay keeps of an account. */
export interface Keep<T> {
  load(): Promise<T | null>
  save(value: T): Promise<void>
  forget(): Promise<void>
}

/**
 * A place of this integration's own: several may have accounts of one app.
 * @param fits whether what is kept belongs to the app in the settings
 */
export function keepIn<S extends TSchema>(
  { tools }: AccessParts,
  what: string,
  schema: S,
  fits: (value: Static<S>) => boolean,
): Keep<Static<S>> {
  const { credentials } = tools
  const name = `twitter/${tools.integration}/${what}`
  const failed = (cause: unknown): never => {
    throw new DeliveryError('hold', 'Twitter: what the relay keeps of the account could not be read or stored', {
      cause,
    })
  }
  const unread = (cause: unknown): never => {
    if (!(cause instanceof SealError)) failed(cause)
    throw new DeliveryError(
      'hold',
      `Twitter: what the relay keeps of the account opens with none of credentials.keys; put the key back, or authorise the account again: relay connect twitter ${tools.integration}`,
      { cause },
    )
  }
  const place = () => {
    if (credentials !== undefined) return credentials
    throw new DeliveryError(
      'pause',
      'Twitter: the relay has no key to keep an account with; set one up (see "relay connect"), or paste access_token and access_token_secret',
    )
  }
  return {
    async load() {
      const text = await place().load(name).catch(unread)
      const value = parsed(text ?? 'null')
      return Value.Check(schema, value) && fits(value) ? value : null
    },
    async save(value) {
      await place().save(name, JSON.stringify(value)).catch(failed)
    },
    async forget() {
      await place().forget(name).catch(failed)
    },
  }
}

/** What is kept, for who is about to forget it: null also where it cannot be read. */
export async function lastSeen<T>({ tools }: AccessParts, load: () => Promise<T | null>): Promise<T | null> {
  try {
    return await load()
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.verdict !== 'hold') throw error
    tools.log.warn(
      { why: error.message },
      'the account is forgotten, but X was not told to revoke it; do so under "Connected apps" at X',
    )
    return null
  }
}

/** Sends what is answered with secrets that no setting names, so that no record of the attempt must have it. */
export async function sendUnrecorded({ tools }: AccessParts, request: Request): Promise<Response> {
  return await recordExchanges([], () => tools.send(request)).catch(noAnswerToRead)
}

/** Has X revoke what the relay has forgotten. If X does not, the log says what a person can do. */
export async function revokeAtX({ tools }: AccessParts, ask: () => Promise<Response>): Promise<void> {
  try {
    const answer = await ask()
    if (answer.status !== 200) throw refusal('Twitter', answer, tools.now())
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    tools.log.warn({ why }, 'the account is forgotten, but X did not revoke it; do so under "Connected apps" at X')
  }
}

/** A form as OAuth's endpoints take it. */
export function formRequest(
  url: string,
  authorization: string | null,
  form: Readonly<Record<string, string>>,
): Request {
  return {
    method: 'POST',
    url,
    headers: {
      accept: 'application/json, application/x-www-form-urlencoded;q=0.9',
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization === null ? {} : { authorization }),
    },
    body: new URLSearchParams(form).toString(),
  }
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
