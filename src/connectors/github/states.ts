import { labelChanges, type TicketChange } from '../contract/own-write.ts'
import type { Settings } from './settings.ts'

/** What an issue should be like. */
export interface Goal {
  /** How it is closed; null: it is open. */
  readonly closedAs: 'completed' | 'not_planned' | null
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

/** As GitHub shows it. */
export interface IssueState {
  readonly state: string
  readonly labels: readonly string[]
}

export interface Change {
  readonly state?: 'open' | 'closed'
  readonly state_reason?: 'completed' | 'not_planned' | 'reopened'
  /** All that the issue then has. */
  readonly labels?: readonly string[]
}

/** The settings say in which states an issue is closed; the labels of all other states are taken off. */
export function goalOf(state: string, { close_as, labels }: Pick<Settings, 'close_as' | 'labels'>): Goal {
  const own = Object.entries(labels).flatMap(([each, label]) => (each === state ? [label.trim()] : []))
  const others = Object.values(labels).map((label) => label.trim())
  return {
    closedAs: Object.entries(close_as).find(([each]) => each === state)?.[1] ?? null,
    add: own,
    remove: [...new Set(others)].filter((each) => !isAmong(own, each)),
  }
}

/**
 * The one update that leads to the goal; null when the issue is there. GitHub replaces labels as a whole and takes no
 * precondition, so a label that somebody sets between our reading and this update is lost; without a label to change
 * none are sent. An issue that is closed for another reason stays closed for it: GitHub changes the reason only with the
 * state.
 */
export function changeTo(goal: Goal, { state, labels }: IssueState): Change | null {
  const isClosed = state === 'closed'
  const kept = labels.filter((each) => !isAmong(goal.remove, each))
  const added = goal.add.filter((each) => !isAmong(labels, each))
  const change: Change = {
    ...(isClosed === (goal.closedAs !== null)
      ? {}
      : goal.closedAs === null
        ? { state: 'open', state_reason: 'reopened' }
        : { state: 'closed', state_reason: goal.closedAs }),
    ...(kept.length === labels.length && added.length === 0 ? {} : { labels: [...kept, ...added] }),
  }
  return Object.keys(change).length === 0 ? null : change
}

/** What GitHub will tell of the update, one event each. */
export function changesIn({ state, labels: after }: Change, { labels: before }: IssueState): TicketChange[] {
  const moved: readonly TicketChange[] = state === undefined ? [] : [state === 'closed' ? 'closed' : 'opened']
  return [...moved, ...(after === undefined ? [] : labelChanges(before, after))]
}

/** Labels that differ only in case are the same to GitHub. */
export function isAmong(names: readonly string[], name: string): boolean {
  return names.some((each) => each.toLowerCase() === name.toLowerCase())
}
