import { Type } from 'typebox'
import type { Job, Receipt } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { StateEffect } from '../contract/effect.ts'
import { statusSet } from '../contract/own-write.ts'
import { oneLine } from '../kit/one-line.ts'
import { type AttemptTimes, earliestAtTarget, timeOf } from '../kit/target-clock.ts'
import { isBy, Person } from './account.ts'
import { cannotFollow, take } from './action.ts'
import type { Api } from './api.ts'
import { type Goal, goalFor } from './goals.ts'
import { ticketPage } from './place.ts'
import type { Settings } from './settings.ts'
import { choose, isCalled, isExempt, isReached, Status, Transition, type Wish } from './transition.ts'
import { fieldsFor } from './transition-fields.ts'

const Issue = Type.Object({ fields: Type.Object({ status: Status }) })
const Offered = Type.Object({ transitions: Type.Array(Transition) })
const History = Type.Object({
  changelog: Type.Object({
    histories: Type.Array(
      Type.Object({
        created: Type.String(),
        author: Type.Optional(Person),
        items: Type.Array(Type.Object({ field: Type.String() })),
      }),
    ),
  }),
})

/** Two actions at most, and some fresh looks in case somebody else moves the ticket at the same time. */
const MOST_ACTIONS = 2
const MOST_LOOKS = 5

export interface States {
  /**
   * May fail between two actions; the next attempt reads the status and continues from there.
   * @throws {DeliveryError}
   */
  perform(effect: StateEffect, ticket: string, job: Pick<Job, 'kept' | 'keep' | 'foretell'>): Promise<Receipt>
  /**
   * Only the final status counts, no matter who set it.
   * @throws {DeliveryError}
   */
  confirm(
    effect: StateEffect,
    ticket: string,
    job: Pick<Job, 'kept' | 'targetTime'>,
    since: Date,
  ): Promise<Receipt | 'absent'>
}

export function createStates(
  api: Api,
  settings: Pick<Settings, 'states' | 'resolution' | 'transition_fields'>,
): States {
  const resolution = settings.resolution ?? null
  const given = settings.transition_fields ?? {}
  const isFilled: Wish['isFilled'] = (field) => Object.keys(given).some((name) => isCalled(field, name))

  return {
    async perform(effect, ticket, { kept, keep, foretell }) {
      const { state } = effect
      const goal = goalFor(settings.states, effect)
      const url = ticketPage(api.place, ticket)
      if (goal === null) return { url, note: `states.${state}: nothing to do` }
      // Anonymous users may see tickets, but no actions: without this a failed login would look like a missing permission.
      await api.me()
      let actions = 0
      for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
        const { status, clock } = await look(api, ticket)
        if (actions > 0 && isReached(goal, status)) return { url }
        const rest = actions === 0 ? nothingToDo(goal, status) : null
        if (rest !== null) return { url, note: rest }
        const choice = choose({ state, goal, isFilled }, status, await transitionsOf(api, ticket))
        if (choice.kind === 'there') return { url, note: inStatus(status) }
        // It has left the category that it had to leave, and the workflow leads no further.
        if (choice.kind === 'stuck' && isExempt(goal, status))
          return { url, note: `left in status ${oneLine(status.name)}` }
        if (choice.kind === 'stuck') throw cannotFollow({ ticket, state }, choice.why)
        if (actions === MOST_ACTIONS) break
        const { transition, reaches } = choice
        if (isKnownByMove(goal) && kept === null && actions === 0 && clock !== null) await keep(clock.toISOString())
        await foretell({ page: url, changes: [statusSet(transition.to.name)] })
        const hasMoved = async () => (await statusOf(api, ticket)).id !== status.id
        const isTaken = await take(
          api,
          { ticket, state, transition, resolution, fields: fieldsFor(transition, given) },
          hasMoved,
        )
        if (isTaken && reaches) return { url, note: `${oneLine(status.name)} -> ${oneLine(transition.to.name)}` }
        if (isTaken) actions += 1
      }
      throw new DeliveryError(
        'retry',
        `${ticket} kept changing its status: a person or a rule moves it in JIRA at the same time.`,
      )
    },

    async confirm(effect, ticket, { kept, targetTime }, since) {
      const goal = goalFor(settings.states, effect)
      const url = ticketPage(api.place, ticket)
      if (goal === null) return { url, note: `states.${effect.state}: nothing to do` }
      await api.me()
      const status = await statusOf(api, ticket)
      const note = nothingToDo(goal, status)
      if (note !== null) return { url, note }
      const times = { since, targetTime: targetTime ?? keptTime(kept) }
      return isKnownByMove(goal) && (await wasMovedByUs(api, ticket, times))
        ? { url, note: inStatus(status) }
        : 'absent'
    },
  }
}

/** A goal that no status tells: its move is found in the ticket's history, from the time that is committed before it. */
function isKnownByMove({ category, status }: Goal): boolean {
  return category === undefined && status === undefined
}

function keptTime(kept: string | null): Date | null {
  const at = timeOf(kept ?? '')
  return at === null ? null : new Date(at)
}

/** A move has no mark of its delivery, so the one before it must not be mistaken for it. */
const MOVE_SLACK_MS = 5_000

/**
 * For a goal without a status: whether our account changed the ticket's status since the attempt began, by its history.
 */
async function wasMovedByUs(api: Api, ticket: string, times: AttemptTimes): Promise<boolean> {
  const me = await api.me()
  const path = `/issue/${encodeURIComponent(ticket)}?fields=status&expand=changelog`
  const { value, clock } = await api.read(path, History, { maxBytes: 16 * 1024 * 1024 })
  const from = earliestAtTarget(times, clock, api.now(), MOVE_SLACK_MS).getTime()
  return value.changelog.histories.some(
    ({ created, author, items }) =>
      Date.parse(created) >= from && isBy(author, me) && items.some(({ field }) => field === 'status'),
  )
}

async function statusOf(api: Api, ticket: string): Promise<Status> {
  return (await look(api, ticket)).status
}

async function look(api: Api, ticket: string): Promise<{ readonly status: Status; readonly clock: Date | null }> {
  const { value, clock } = await api.read(`/issue/${encodeURIComponent(ticket)}?fields=status`, Issue)
  return { status: value.fields.status, clock }
}

export async function transitionsOf(api: Api, ticket: string): Promise<readonly Transition[]> {
  const path = `/issue/${encodeURIComponent(ticket)}/transitions?expand=transitions.fields`
  const { value } = await api.read(path, Offered, { maxBytes: 4 * 1024 * 1024 })
  return value.transitions
}

export function nothingToDo(goal: Goal, status: Status): string | null {
  if (isReached(goal, status)) return inStatus(status)
  return isExempt(goal, status) ? `nothing to do in status ${oneLine(status.name)}` : null
}

function inStatus(status: Status): string {
  return `already in status ${oneLine(status.name)}`
}
