import type { Request, Response, Send } from '../../../http/send.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { noAnswer, noAnswerToRead, ofRead, refusal } from '../../kit/answer.ts'
import type { Struct } from './xml-rpc-values.ts'

/** One question to Bugzilla, in both of its tongues. */
export interface Question {
  readonly kind: 'read' | 'write'
  /** XML-RPC: the method. */
  readonly method: string
  /** REST: the method and the path below the API. */
  readonly verb: 'GET' | 'POST' | 'PUT'
  readonly path: string
  /** What XML-RPC says in a parameter and REST in the path. */
  readonly subject?: Struct
  readonly params?: Struct
  /** A longer answer is an error of its own (`TooLong`), for questions that can be asked in smaller parts. */
  readonly mostBytes?: number
}

/** The answer to a question with `mostBytes` is longer than that. */
export class TooLong extends DeliveryError {}

/** @throws {DeliveryError} for every answer that is not the one to the question */
export type Ask = (question: Question) => Promise<unknown>

/** Comments may have 65,535 characters each, and a bug may have many. */
const MOST_BYTES = 8 * 1024 * 1024

export async function sendQuestion(send: Send, kind: Question['kind'], request: Request): Promise<Response> {
  const answer = await send({ maxBytes: MOST_BYTES, ...request }).catch(kind === 'write' ? noAnswer : noAnswerToRead)
  if (!answer.truncated) return answer
  const { maxBytes } = request
  if (maxBytes === undefined || answer.body.length < maxBytes)
    throw unreadable(kind, answer, 'broke off or is too long')
  throw new TooLong('dead', `Bugzilla's answer has more than ${maxBytes} bytes`, { status: answer.status })
}

/** The answer is Bugzilla's neither in form nor in content: a page of the server, a proxy, a wall of maintenance. */
export function notBugzilla(kind: Question['kind'], answer: Response, now: Date): DeliveryError {
  const { status } = answer
  if (status >= 200 && status < 300) return unreadable(kind, answer, 'is a page, not what a program is answered')
  if (status === 404 || status === 405 || status === 410 || status === 411)
    return new DeliveryError('hold', `there is no Bugzilla's web service at url (${status}); set url right`, { status })
  const error = refusal('Bugzilla', answer, now)
  return kind === 'write' ? error : ofRead(error)
}

/** Something answered with success, and yet it is not known what happened. */
export function unreadable(kind: Question['kind'], { status }: Response, why: string): DeliveryError {
  return new DeliveryError(
    kind === 'write' ? 'in doubt' : 'retry',
    `what Bugzilla answered ${why}; is url right, and Bugzilla not shut for maintenance?`,
    { status, targetDown: true },
  )
}
