import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import type { Request, Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonOf, noAnswer, noAnswerToRead, ofRead } from './answer.ts'
import { clockOf } from './target-clock.ts'

/** How a target is spoken to, and how it says no. */
export interface CallParts {
  /** Begins the message of an answer that broke off: "JIRA". */
  readonly target: string
  /** Every path follows it. */
  readonly base: string
  readonly tools: Pick<Tools, 'send'>
  /** How much of an answer is read unless the call says otherwise. */
  readonly maxBytes: number
  headers(method: Request['method'], url: string): Readonly<Record<string, string>> | Promise<Headers>
  /** Told that a call with these headers got 401: true when others can be had. A 401 did nothing, so it is called again, once. */
  renew?(headers: Headers): boolean
  /** Resolves when the next request may be sent. */
  turn?(): Promise<void>
  /** What a status that is no success means. */
  refused(answer: Response, isWrite: boolean): DeliveryError
  /** What a success means that is not what this target answers: no JSON, or of another shape. */
  foreign(answer: Response): DeliveryError
}

type Headers = Readonly<Record<string, string>>

export interface CallOptions {
  readonly maxBytes?: number
}

export interface WriteOptions extends CallOptions {
  /** Sent besides those of every call; they also say what a text is, which is otherwise sent as JSON. */
  readonly headers?: Headers
}

export interface Calls {
  /**
   * Any answer to a question.
   * @throws {DeliveryError} when none came; never in doubt
   */
  ask(path: string, options?: CallOptions & { readonly body?: object }): Promise<Response>
  /**
   * The value that a question is answered with.
   * @throws {DeliveryError} for any other answer; never in doubt
   */
  read<S extends TSchema>(path: string, schema: S, options?: CallOptions): Promise<Read<Static<S>>>
  /** The value in an answer that was asked for. @throws {DeliveryError} for any other answer; never in doubt */
  understood<S extends TSchema>(answer: Response, schema: S): Read<Static<S>>
  /**
   * Sends the one write and gives any answer.
   * @param body an object is sent as JSON, a text as it is
   * @throws {DeliveryError} in doubt when it may have been taken
   */
  write(method: Request['method'], path: string, body: object | string, options?: WriteOptions): Promise<Response>
}

export interface Read<T> {
  readonly value: T
  /** The target's clock when it answered; null when it did not tell. */
  readonly clock: Date | null
}

/** The calls of one target: questions are never in doubt, a write may be. */
export function createCalls(parts: CallParts): Calls {
  async function call(request: Omit<Request, 'headers'>, headersOfBody: Headers, isWrite: boolean): Promise<Response> {
    const once = async (headers: Headers): Promise<Response> => {
      await parts.turn?.()
      const sent = { ...request, headers: { ...headers, ...headersOfBody } }
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
