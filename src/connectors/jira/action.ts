import { Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { oneLine } from '../kit/one-line.ts'
import type { Api } from './api.ts'
import { blamedFields, explanation } from './explanation.ts'
import { pickResolution, type Resolution, resolutionFor, resolutionProblem, unknownResolution } from './resolution.ts'
import type { Transition } from './transition.ts'

const Resolutions = Type.Array(Type.Object({ id: Type.String(), name: Type.String() }))

export interface Action {
  readonly ticket: string
  readonly state: string
  readonly transition: Transition
  readonly resolution: string | null
  /** What else the action's screen asks for, by the ids of the fields. */
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Takes a workflow action. After a refusal over the resolution it is tried once more, with or without one, because the
 * list of an action's fields is not reliable (netresearch/jira-skill#207).
 * @param hasMoved whether the ticket has left the status in which the action was offered
 * @returns false if the ticket has moved meanwhile, so that other actions are offered
 * @throws {DeliveryError}
 */
export async function take(api: Api, action: Action, hasMoved: () => Promise<boolean>): Promise<boolean> {
  const { transition, resolution } = action
  const problem = resolutionProblem(transition, resolution)
  if (problem !== null) throw cannotFollow(action, problem)
  const first = resolutionFor(transition, resolution)
  let answer = await post(api, action, first)
  if (answer.status === 400 && isAboutResolution(answer)) {
    const other = first === null ? await anyResolution(api, action) : null
    if (first !== null || other !== null) answer = await post(api, action, other)
    if (answer.status === 400 && isAboutResolution(answer)) throw resolutionRefused(answer, api, action)
  }
  if (answer.status === 204 || answer.status === 200) return true
  if (answer.status === 409) return false
  // "Not valid for the current state": somebody was faster, unless the ticket has not moved.
  if (answer.status === 400 && (await hasMoved())) return false
  throw actionRefused(answer, api, action)
}

/** @param why ends the sentence, and says what to do */
export function cannotFollow({ ticket, state }: Pick<Action, 'ticket' | 'state'>, why: string): DeliveryError {
  return new DeliveryError('dead', `${ticket} cannot follow its story to ${oneLine(state)}: ${why}`)
}

async function post(
  api: Api,
  { ticket, transition, fields }: Action,
  resolution: Resolution | null,
): Promise<Response> {
  const filled = resolution === null ? fields : { ...fields, resolution }
  return await api.write(`/issue/${encodeURIComponent(ticket)}/transitions`, {
    transition: { id: transition.id },
    ...(Object.keys(filled).length === 0 ? {} : { fields: filled }),
  })
}

async function anyResolution(api: Api, action: Action): Promise<Resolution | null> {
  const { value } = await api.read('/resolution', Resolutions)
  const picked = pickResolution(value, action.resolution)
  if (picked === 'unknown') throw cannotFollow(action, unknownResolution(value))
  return picked
}

function isAboutResolution(answer: Response): boolean {
  return blamedFields(answer).includes('resolution') || /\bresolution\b/i.test(answer.text())
}

function resolutionRefused(answer: Response, { place }: Api, { ticket, resolution }: Action): DeliveryError {
  const now = resolution === null ? 'not set' : `"${oneLine(resolution)}"`
  return new DeliveryError(
    'dead',
    `JIRA refuses the resolution for ${ticket}: set resolution (now ${now}) to one that its project has. JIRA said: ` +
      explanation(answer, place.login),
    { status: answer.status },
  )
}

function actionRefused(answer: Response, { place }: Api, { ticket, state, transition }: Action): DeliveryError {
  const { status } = answer
  if (status === 404)
    return new DeliveryError('dead', `JIRA no longer shows ${ticket} to the account: it was deleted or moved away.`, {
      status,
    })
  const why = explanation(answer, place.login)
  return new DeliveryError(
    'dead',
    `JIRA answered ${status} to the action "${oneLine(transition.name)}" on ${ticket}${why === '' ? '' : `: ${why}`} (the ` +
      'account needs the permission "Transition issues", and what the workflow asks for; or name another action in ' +
      `states.${oneLine(state)}).`,
    { status },
  )
}
