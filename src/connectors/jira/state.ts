import { type Static, Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { Receipt } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { StateEffect } from '../contract/effect.ts'
import { type Api, onServersClock } from './api.ts'
import { blamedFields, explanation, oneLine } from './faults.ts'
import { browseUrl, type Goal, goalFor } from './settings.ts'
import {
  choose,
  isExempt,
  isReached,
  pickResolution,
  resolutionFor,
  resolutionProblem,
  Status,
  Transition,
} from './transition.ts'

const Issue = Type.Object({ fields: Type.Object({ status: Status }) })
const Offered = Type.Object({ transitions: Type.Array(Transition) })
const Resolutions = Type.Array(Type.Object({ id: Type.String(), name: Type.String() }))
const History = Type.Object({
  changelog: Type.Object({
    histories: Type.Array(
      Type.Object({
        created: Type.String(),
        author: Type.Optional(
          Type.Object({
            accountId: Type.Optional(Type.String()),
            key: Type.Optional(Type.String()),
            name: Type.Optional(Type.String()),
          }),
        ),
        items: Type.Array(Type.Object({ field: Type.String() })),
      }),
    ),
  }),
})

/** Two actions at most, and as many fresh looks when somebody else moves the ticket at the same time. */
const MOST_ACTIONS = 2
const MOST_LOOKS = 5

type Outcome = 'done' | 'look again'

/**
 * Takes the ticket to where its story's state belongs. A way of two actions can stop between them: whoever comes
 * back reads the status afresh and goes on from there.
 * @throws {DeliveryError}
 */
export async function performState(api: Api, effect: StateEffect, ticket: string): Promise<Receipt> {
  const goal = goalFor(api.settings, effect)
  const url = browseUrl(api.settings, ticket)
  if (goal === null) return { url, note: `states.${effect.state}: nothing to do` }
  // Anonymous users see tickets too, and are offered no action: what is missing then is the login, not a permission.
  await api.me()
  let actions = 0
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const status = await statusOf(api, ticket)
    const rest = actions === 0 ? nothingToDo(goal, status) : isReached(goal, status) ? '' : null
    if (rest !== null) return rest === '' ? { url } : { url, note: rest }
    const choice = choose(effect.state, goal, status, await transitionsOf(api, ticket))
    if (choice.kind === 'there') return { url, note: inStatus(status) }
    // Out of the category that it had to leave, though no further: as good as the workflow allows.
    if (choice.kind === 'stuck' && isExempt(goal, status))
      return { url, note: `left in status ${oneLine(status.name)}` }
    if (choice.kind === 'stuck') throw stuck(ticket, effect, choice.why)
    if (actions === MOST_ACTIONS) break
    const outcome = await take(api, ticket, effect, status, choice.transition)
    if (outcome === 'done' && choice.reaches)
      return { url, note: `${oneLine(status.name)} -> ${oneLine(choice.transition.to.name)}` }
    if (outcome === 'done') actions += 1
  }
  throw new DeliveryError('retry', `${ticket} did not come to rest: somebody or something else moves it in JIRA.`)
}

/** The status answers it, whoever brought it about; on the way of two actions only the end counts. */
export async function confirmState(
  api: Api,
  effect: StateEffect,
  ticket: string,
  since: Date,
): Promise<Receipt | 'absent'> {
  const goal = goalFor(api.settings, effect)
  const url = browseUrl(api.settings, ticket)
  if (goal === null) return { url, note: `states.${effect.state}: nothing to do` }
  await api.me()
  const status = await statusOf(api, ticket)
  const note = nothingToDo(goal, status)
  if (note !== null) return { url, note }
  const onlyTransition = goal.category === undefined && goal.status === undefined
  return onlyTransition && (await hasMoved(api, ticket, since)) ? { url, note: inStatus(status) } : 'absent'
}

/**
 * For a goal that says an action but no status: whether our account changed the ticket's status since the attempt
 * began. The ticket's history is the only trace.
 */
async function hasMoved(api: Api, ticket: string, since: Date): Promise<boolean> {
  const me = await api.me()
  const path = `/issue/${encodeURIComponent(ticket)}?fields=status&expand=changelog`
  const { value, serverTime } = await api.read(path, History, 16 * 1024 * 1024)
  const from = onServersClock(since, serverTime, api.now()).getTime()
  return value.changelog.histories.some(
    ({ created, author, items }) =>
      Date.parse(created) >= from &&
      author !== undefined &&
      [author.accountId, author.key, author.name].includes(me.id) &&
      items.some(({ field }) => field === 'status'),
  )
}

async function statusOf(api: Api, ticket: string): Promise<Status> {
  const { value } = await api.read(`/issue/${encodeURIComponent(ticket)}?fields=status`, Issue)
  return value.fields.status
}

async function transitionsOf(api: Api, ticket: string): Promise<Static<typeof Offered>['transitions']> {
  const path = `/issue/${encodeURIComponent(ticket)}/transitions?expand=transitions.fields`
  const { value } = await api.read(path, Offered, 4 * 1024 * 1024)
  return value.transitions
}

function nothingToDo(goal: Goal, status: Status): string | null {
  if (isReached(goal, status)) return inStatus(status)
  return isExempt(goal, status) ? `nothing to do in status ${oneLine(status.name)}` : null
}

function inStatus(status: Status): string {
  return `already in status ${oneLine(status.name)}`
}

/**
 * One action. A refusal over the resolution is answered once, with it or without it: the list of an action's fields
 * is no proof of what it takes (netresearch/jira-skill#207).
 */
async function take(
  api: Api,
  ticket: string,
  effect: StateEffect,
  before: Status,
  transition: Transition,
): Promise<Outcome> {
  const problem = resolutionProblem(transition, api.settings)
  if (problem !== null) throw stuck(ticket, effect, problem)
  const resolution = resolutionFor(transition, api.settings)
  let response = await post(api, ticket, transition, resolution)
  if (response.status === 400 && isAboutResolution(response)) {
    const other = resolution === null ? await anyResolution(api) : null
    if (resolution !== null || other !== null) response = await post(api, ticket, transition, other)
    if (response.status === 400 && isAboutResolution(response)) throw resolutionRefused(response, api, ticket)
  }
  if (response.status === 204 || response.status === 200) return 'done'
  if (response.status === 409) return 'look again'
  // "Not valid for the current state": somebody was faster. If the ticket stands where it stood, it is a refusal.
  if (response.status === 400 && (await statusOf(api, ticket)).id !== before.id) return 'look again'
  throw refusedTransition(response, api, ticket, effect, transition)
}

async function post(
  api: Api,
  ticket: string,
  transition: Transition,
  resolution: { id: string } | { name: string } | null,
): Promise<Response> {
  return await api.write(`/issue/${encodeURIComponent(ticket)}/transitions`, {
    transition: { id: transition.id },
    ...(resolution === null ? {} : { fields: { resolution } }),
  })
}

async function anyResolution(api: Api): Promise<{ id: string } | { name: string } | null> {
  const { value } = await api.read('/resolution', Resolutions)
  return pickResolution(value, api.settings)
}

function isAboutResolution(response: Response): boolean {
  return blamedFields(response).includes('resolution') || /\bresolution\b/i.test(response.text())
}

function stuck(ticket: string, effect: StateEffect, why: string): DeliveryError {
  return new DeliveryError('dead', `${ticket} cannot follow its story to ${oneLine(effect.state)}: ${why}`)
}

function resolutionRefused(response: Response, api: Api, ticket: string): DeliveryError {
  const { resolution } = api.settings
  const now = resolution === undefined ? 'not set' : `"${oneLine(resolution)}"`
  return new DeliveryError(
    'dead',
    `JIRA refuses the resolution for ${ticket}: set resolution (now ${now}) to one that its project has. JIRA said: ` +
      explanation(response, api.settings),
    { status: response.status },
  )
}

function refusedTransition(
  response: Response,
  api: Api,
  ticket: string,
  effect: StateEffect,
  transition: Transition,
): DeliveryError {
  const { status } = response
  if (status === 404)
    return new DeliveryError('dead', `JIRA no longer shows ${ticket} to the account: it was deleted or moved away.`, {
      status,
    })
  const why = explanation(response, api.settings)
  return new DeliveryError(
    'dead',
    `JIRA answered ${status} to the action "${oneLine(transition.name)}" on ${ticket}${why === '' ? '' : `: ${why}`} (the ` +
      `account needs the permission "Transition issues", and what the workflow asks for; or name another action in ` +
      `states.${oneLine(effect.state)}).`,
    { status },
  )
}
