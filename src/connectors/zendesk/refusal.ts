import { Type } from 'typebox'
import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs, refusal } from '../kit/answer.ts'
import { oneLine } from '../kit/one-line.ts'
import { type Login, remedy } from './login.ts'

/** What Zendesk says with an error: a code, a sentence, and for a refused record one list of sentences for each field. */
const Fault = Type.Object({
  error: Type.Optional(Type.Unknown()),
  description: Type.Optional(Type.Unknown()),
  details: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.Object({ description: Type.Optional(Type.Unknown()) }))),
  ),
})

/** The most of Zendesk's own sentence that is shown. */
const MOST_QUOTED = 120
/** The limit of all updates in an account lasts a minute, the one of a ticket ten. */
const LONGEST_ACCOUNT_WAIT_MS = 60_000
/** How long to leave a ticket alone that was over its limit, if Zendesk does not say. */
const TICKET_WAIT_MS = 60_000
/** A person is typing in the ticket; a moment later the update goes through. */
const CONFLICT_WAIT_MS = 2_000

/** Zendesk's code for what is wrong (RecordInvalid, invalid_grant); null if it gives none. */
export function errorCode(answer: Response): string | null {
  const error = jsonAs(answer, Fault)?.error
  return typeof error === 'string' && /^[A-Za-z_]{1,60}$/.test(error) ? error : null
}

/** True for the 409 of an update whose `updated_stamp` is no longer the ticket's. */
export function isStale(answer: Response): boolean {
  return answer.status === 409 && errorCode(answer) !== 'DatabaseConflict'
}

/** What a status other than success means if nothing more is known of the call. */
export function refused(answer: Response, login: Login, now: Date): DeliveryError {
  return answer.status === 401 ? refusedLogin(login) : refusal('Zendesk', answer, now)
}

/** A success that is not Zendesk's: the address leads to something else. */
export function foreign({ status }: Response, origin: string): DeliveryError {
  const message = `Zendesk: ${origin} does not answer as a Zendesk does. Check url.`
  return new DeliveryError('hold', message, { status, setting: 'url' })
}

export function refusedLogin(login: Login): DeliveryError {
  const { setting, fix } = remedy(login)
  return new DeliveryError('hold', `Zendesk rejects the login; ${fix}`, { status: 401, setting })
}

/** The ticket is not there for this user, and never will be. */
export function ticketGone(ticketId: string): DeliveryError {
  return new DeliveryError(
    'dead',
    `Zendesk has no ticket ${ticketId} that its user can see: it was deleted, or belongs to another Zendesk`,
    { status: 404 },
  )
}

/**
 * The user may not see the ticket.
 * @param mayReadOthers whether it may see any: else the rights of the login are to blame, not those of the ticket
 */
export function ticketHidden(ticketId: string, mayReadOthers: boolean): DeliveryError {
  return mayReadOthers
    ? new DeliveryError(
        'dead',
        `Zendesk hides ticket ${ticketId} from its user; give that user access to the ticket's group`,
        { status: 403 },
      )
    : new DeliveryError(
        'hold',
        'Zendesk does not let its user read tickets; give an OAuth token the scopes tickets:read and tickets:write, or the user the role of an agent',
        { status: 403 },
      )
}

/** Zendesk archives closed tickets: nothing reopens them. */
export function ticketClosed(ticketId: string, status: number | null): DeliveryError {
  return new DeliveryError(
    'skip',
    `Zendesk's ticket ${ticketId} is closed, and a closed ticket takes no more comments`,
    { status },
  )
}

/**
 * What it means that the update of a ticket was refused.
 * @param proven whether this login has updated tickets before, so that a 403 is about this ticket alone
 */
export function refusedUpdate(ticketId: string, answer: Response, proven: boolean, now: Date): DeliveryError {
  const { status } = answer
  const wait = retryAfterMs(answer.headers['retry-after'], now)
  const said = sentence(answer)
  if (status === 404) return ticketGone(ticketId)
  if (isStale(answer))
    return new DeliveryError('retry', `Zendesk's ticket ${ticketId} was changed by someone else at the same moment`, {
      status,
      retryAfterMs: CONFLICT_WAIT_MS,
    })
  // A collision or deadlock in Zendesk's database: the transaction was rolled back.
  if (status === 409 || errorCode(answer) === 'DatabaseDeadlock')
    return new DeliveryError('retry', `Zendesk could not update ticket ${ticketId}: its database collided`, {
      status,
      retryAfterMs: wait ?? CONFLICT_WAIT_MS,
    })
  if (status === 403 && proven)
    return new DeliveryError(
      'retry',
      `Zendesk does not let its user change ticket ${ticketId}; give that user access to the ticket's group`,
      { status },
    )
  if (status === 403)
    return new DeliveryError(
      'hold',
      'Zendesk lets its user read tickets but not change them; give an OAuth token the scope tickets:write, or the user the role of an agent',
      { status },
    )
  if (status === 422 && /closed/i.test(said)) return ticketClosed(ticketId, status)
  if (status === 422) {
    const why = said === '' ? '' : `: ${said}`
    return new DeliveryError('dead', `Zendesk refuses this change of ticket ${ticketId}${why}`, { status })
  }
  if (status === 413) return new DeliveryError('dead', 'The comment is too large for Zendesk', { status })
  if (status === 429 && isOverTicketLimit(answer, wait))
    return new DeliveryError(
      'retry',
      `Zendesk takes no more updates of ticket ${ticketId} for now (30 in ten minutes)`,
      { status, retryAfterMs: wait ?? TICKET_WAIT_MS },
    )
  return refusal('Zendesk', answer, now, said)
}

/**
 * Zendesk does not name the limit in a field. The account's limits show in the headers as nothing remaining, or last
 * at most a minute; what remains is the ticket's own, which must not stop the others.
 */
function isOverTicketLimit(answer: Response, wait: number | null): boolean {
  const remaining = answer.headers['ratelimit-remaining'] ?? answer.headers['x-rate-limit-remaining']
  return remaining !== undefined && Number(remaining) > 0 && wait !== null && wait > LONGEST_ACCOUNT_WAIT_MS
}

/** The scopes that the token misses, as Zendesk names them; null when that is not why it refuses. */
export function missingScopes(answer: Response): string | null {
  return answer.status === 403
    ? (/required scopes?: *([a-z_:, ]{1,80})/i.exec(sentence(answer))?.[1]?.trim() ?? null)
    : null
}

/** Zendesk's own explanation, short and on one line; empty if it gives none. */
function sentence(answer: Response): string {
  const fault = jsonAs(answer, Fault)
  const details = Object.entries(fault?.details ?? {}).flatMap(([field, list]) =>
    list.flatMap(({ description }) => (typeof description === 'string' ? [`${field}: ${description}`] : [])),
  )
  const text = details.length > 0 ? details.join('; ') : typeof fault?.description === 'string' ? fault.description : ''
  return oneLine(text, MOST_QUOTED)
}
