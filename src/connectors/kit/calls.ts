import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import type { Request, Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonOf, noAnswer, noAnswerToRead, ofRead } from './answer.ts'
import { clockOf } from './target-clock.ts'

export interface CallParts {
  /** For messages: "JIRA". */
  readonly target: string
  readonly base: string
  readonly tools: Pick<Tools, 'send'>
  readonly maxBytes: number
  headers(method: Request['method'], url: string): Readonly<Record<string, string>> | Promise<Headers>
  /** Called after a 401: true if other headers can be had. The call is then repeated once, since a 401 did nothing. */
  renew?(headers: Headers): boolean
  /** Resolves when the next request may be sent. */
  turn?(): Promise<void>
  /** For any status but a success. */
  refused(answer: Response, isWrite: boolean): DeliveryError
  /** For a success that is not JSON of the expected shape. */
  foreign(answer: Response): DeliveryError
}

type Headers = Readonly<Record<string, string>>

export interface CallOptions {
  readonly maxBytes?: number
}

export interface WriteOptions extends CallOptions {
  /** Besides those of every call. A text body is sent as JSON unless they say otherwise. */
  readonly headers?: Headers
}

export interface Calls {
  /** Any answer to a question. @throws {DeliveryError} if none came; never in doubt */
  ask(path: string, options?: CallOptions & { readonly body?: object }): Promise<Response>
  /** @throws {DeliveryError} for any answer but a success of this shape; never in doubt */
  read<S extends TSchema>(path: string, schema: S, options?: CallOptions): Promise<Read<Static<S>>>
  /** The value in an answer to `ask`. @throws as `read` */
  understood<S extends TSchema>(answer: Response, schema: S): Read<Static<S>>
  /**
   * Sends the one write, if the attempt's lease still holds, and returns any answer.
   * @param body an object is sent as JSON, a text as it is
   * @throws {DeliveryError} in doubt if the write may have happened
   */
  write(method: Request['method'], path: string, body: object | string, options?: WriteOptions): Promise<Response>
}

export interface Read<T> {
  readonly value: T
  /** The target's time. */
  readonly clock: Date | null
}

export function createCalls(parts: CallParts): Calls {
  async function call(request: Omit<Request, 'headers'>, headersOfBody: Headers, isWrite: boolean): Promise<Response> {
    const once = async (headers: Headers): Promise<Response> => {
      await parts.turn?.()
      const sent = { ...request, isWrite, headers: { ...headers, ...headersOfBody } }
      return await parts.tools.send(sent).catch(isWrite ? noAnswer : noAnswerToRead)
    }
    const headers = await parts.headers(request.method, request.url)
    const answer = await once(headers)
    if (answer.status !== 401 || parts.renew?.(headers) !== true) return answer
    return await once(await parts.headers(request.method, request.url))
  }

  async function ask(path: string, { body, maxBytes = parts.maxBytes }: CallOptions & { body?: object } = {}) {
    const request = { url: parts.base + path, maxBytes }
    if (body === undefined) return await call({ ...request, method: 'GET' }, {}, false)
    return await call({ ...request, method: 'POST', body: JSON.stringify(body) }, JSON_BODY, false)
  }

  function understood<S extends TSchema>(answer: Response, schema: S): Read<Static<S>> {
    if (answer.status !== 200) throw ofRead(parts.refused(answer, false))
    if (answer.truncated)
      throw new DeliveryError('retry', `${parts.target} sent an answer that broke off, or is longer than is read`, {
        status: answer.status,
        targetDown: true,
      })
    const value = jsonOf(answer)
    if (!Value.Check(schema, value)) throw ofRead(parts.foreign(answer))
    return { value, clock: clockOf(answer) }
  }

  return {
    ask,
    understood,
    async read(path, schema, options) {
      return understood(await ask(path, options), schema)
    },
    async write(method, path, body, { maxBytes = parts.maxBytes, headers = {} } = {}) {
      const sent = typeof body === 'string' ? body : JSON.stringify(body)
      const request = { method, url: parts.base + path, body: sent, maxBytes }
      return await call(request, { ...JSON_BODY, ...headers }, true)
    },
  }
}

const JSON_BODY = { 'content-type': 'application/json' }
