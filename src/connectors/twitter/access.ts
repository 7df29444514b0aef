import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { recordExchanges } from '../../http/recording.ts'
import type { Request, Response } from '../../http/send.ts'
import type { Connection, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { SealError } from '../contract/seal-error.ts'
import { noAnswerToRead, refusal } from '../kit/answer.ts'

export interface AccountAccess {
  /** The Authorization header. @throws {DeliveryError} `pause` if no account is authorised */
  header(method: Request['method'], url: string): Promise<string>
  /** Called after a 401: true if another header can be had. */
  renew(refused: string): boolean
  /** Without asking X; null if no account is authorised. */
  known(): Promise<KnownAccount | null>
  /** For messages: what to do if X no longer accepts the token. */
  readonly remedy: string
  readonly setting: string | null
  readonly connection?: Connection
}

/** Null if X did not tell it. */
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

export function connectCommand(integration: string): string {
  return `run "tracker-relay connect twitter ${integration}"`
}

export function notConnected(integration: string): DeliveryError {
  return refusedConnection(`the account is not authorised; ${connectCommand(integration)}`)
}

export function refusedConnection(message: string, status: number | null = null): DeliveryError {
  return new DeliveryError('pause', `Twitter: ${message}`, { status })
}

export interface Keep<T> {
  load(): Promise<T | null>
  save(value: T): Promise<void>
  forget(): Promise<void>
}

/** @param fits whether the stored value belongs to the app in the settings */
export function keepIn<S extends TSchema>(
  { tools }: AccessParts,
  what: string,
  schema: S,
  fits: (value: Static<S>) => boolean,
): Keep<Static<S>> {
  const { credentials } = tools
  const name = `twitter/${tools.integration}/${what}`
  const failed = (cause: unknown): never => {
    const message = "Twitter: the account's tokens could not be read from or stored in the database"
    throw new DeliveryError('hold', message, { cause })
  }
  const unread = (cause: unknown): never => {
    if (!(cause instanceof SealError)) failed(cause)
    const message = `Twitter: none of credentials.keys decrypts the tokens of the account; put the lost key back, or authorise the account again: ${connectCommand(tools.integration)}`
    throw new DeliveryError('hold', message, { cause })
  }
  const place = () => {
    if (credentials !== undefined) return credentials
    throw refusedConnection(
      "the relay has no key to encrypt the account's tokens with; set credentials.keys, or paste access_token and access_token_secret",
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

/** Loads what is about to be forgotten: null also if it cannot be read. */
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

/** Keeps the answer out of the attempt's record, because it has secrets that are not in the settings. */
export async function sendUnrecorded({ tools }: AccessParts, request: Request): Promise<Response> {
  return await recordExchanges([], () => tools.send(request)).catch(noAnswerToRead)
}

/** Never throws: if X does not revoke the token, the log says what to do. */
export async function revokeAtX({ tools }: AccessParts, ask: () => Promise<Response>): Promise<void> {
  try {
    const answer = await ask()
    if (answer.status !== 200) throw refusal('Twitter', answer, tools.now())
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    tools.log.warn({ why }, 'the account is forgotten, but X did not revoke it; do so under "Connected apps" at X')
  }
}

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
