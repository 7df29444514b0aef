import type { Request, Response, Send } from '../../../http/send.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { noAnswer, noAnswerToRead, ofRead, refusal } from '../../kit/answer.ts'
import type { Struct } from './xml-rpc-values.ts'

/** One question to Bugzilla, for both of its protocols. */
export interface Question {
  readonly kind: 'read' | 'write'
  readonly method: string
  /** The REST method, and the path below the API. */
  readonly verb: 'GET' | 'POST' | 'PUT'
  readonly path: string
  /** A parameter in XML-RPC, part of the path in REST. */
  readonly subject?: Struct
  readonly params?: Struct
  /** A longer answer is the error `TooLong`, for questions that can be split. */
  readonly mostBytes?: number
}

export class TooLong extends DeliveryError {}

/** @throws {DeliveryError} for any answer that does not fit the question */
export type Ask = (question: Question) => Promise<unknown>

export interface Conversation {
  readonly ask: Ask
  /** How often a login was made; 0 if each question shows it anew. */
  logins(): number
  /** Logs out, if Bugzilla keeps the login. */
  close(): Promise<void>
}

/** Comments may have 65,535 characters each, and a bug may have many. */
const MOST_BYTES = 8 * 1024 * 1024

export async function sendQuestion(send: Send, kind: Question['kind'], request: Request): Promise<Response> {
  const isWrite = kind === 'write'
  const answer = await send({ maxBytes: MOST_BYTES, isWrite, ...request }).catch(isWrite ? noAnswer : noAnswerToRead)
  if (!answer.truncated) return answer
  const { maxBytes } = request
  if (maxBytes === undefined || answer.body.length < maxBytes)
    throw unreadable(kind, answer, 'broke off or is too long')
  throw new TooLong('dead', `Bugzilla's answer has more than ${maxBytes} bytes`, { status: answer.status })
}

/** An answer from something else: the web server, a proxy, a maintenance page. */
export function notBugzilla(kind: Question['kind'], answer: Response, now: Date): DeliveryError {
  const { status } = answer
  if (status >= 200 && status < 300) return unreadable(kind, answer, 'is a web page, not an answer of its web service')
  if (status === 404 || status === 405 || status === 410 || status === 411)
    return new DeliveryError('hold', `url does not lead to Bugzilla's web service (${status}); correct url`, { status })
  const error = refusal('Bugzilla', answer, now)
  return kind === 'write' ? error : ofRead(error)
}

/** A success from which it cannot be told what happened. */
export function unreadable(kind: Question['kind'], { status }: Response, why: string): DeliveryError {
  return new DeliveryError(
    kind === 'write' ? 'in doubt' : 'retry',
    `Bugzilla's answer ${why}; check url, and whether Bugzilla is shut down for maintenance`,
    { status, targetDown: true },
  )
}
