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

/** The fields of the one update that leads to the goal; null when the issue is there. */
export function changeTo(goal: Goal, { state, labels }: IssueState): Readonly<Record<string, string>> | null {
  const add = goal.add.filter((each) => !labels.includes(each))
  const remove = goal.remove.filter((each) => labels.includes(each))
  const isClosed = state === 'closed'
  const change = {
    ...(goal.isClosed === isClosed ? {} : { state_event: goal.isClosed ? 'close' : 'reopen' }),
    ...(add.length === 0 ? {} : { add_labels: add.join(',') }),
    ...(remove.length === 0 ? {} : { remove_labels: remove.join(',') }),
  }
  return Object.keys(change).length === 0 ? null : change
}
