import { labelAdded, labelRemoved, type TicketChange } from '../contract/own-write.ts'
import type { Settings } from './settings.ts'

/** What an issue should be like. */
export interface Goal {
  readonly isClosed: boolean
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

/** As GitLab shows it. */
export interface IssueState {
  readonly state: string
  readonly labels: readonly string[]
}

/** An accepted story closes its issue, any other state opens it; the labels of all other states are taken off. */
export function goalOf(state: string, labels: Settings['labels']): Goal {
  const own = Object.entries(labels).flatMap(([each, label]) => (each === state ? [label.trim()] : []))
  const others = Object.values(labels).map((label) => label.trim())
  return {
    isClosed: state === 'accepted',
    add: own,
    remove: [...new Set(others)].filter((each) => !own.includes(each)),
  }
}

/** The fields of an update. */
export interface Change {
  readonly state_event?: 'close' | 'reopen'
  /** With commas. */
  readonly add_labels?: string
  readonly remove_labels?: string
}

/** The fields of the one update that leads to the goal; null when the issue is there. */
export function changeTo(goal: Goal, { state, labels }: IssueState): Change | null {
  const add = goal.add.filter((each) => !labels.includes(each))
  const remove = goal.remove.filter((each) => labels.includes(each))
  const isClosed = state === 'closed'
  const change: Change = {
    ...(goal.isClosed === isClosed ? {} : { state_event: goal.isClosed ? 'close' : 'reopen' }),
    ...(add.length === 0 ? {} : { add_labels: add.join(',') }),
    ...(remove.length === 0 ? {} : { remove_labels: remove.join(',') }),
  }
  return Object.keys(change).length === 0 ? null : change
}

/** What GitLab will tell of the update. */
export function changesIn({ state_event, add_labels, remove_labels }: Change): TicketChange[] {
  return [
    ...(state_event === undefined ? [] : [state_event === 'close' ? ('closed' as const) : ('opened' as const)]),
    ...(add_labels?.split(',') ?? []).map(labelAdded),
    ...(remove_labels?.split(',') ?? []).map(labelRemoved),
  ]
}
