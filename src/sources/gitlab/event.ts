import type { StoryChange } from '../../tracker/activity.ts'
import { objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import type { ReadActivity, Reading } from '../contract/source.ts'
import type { StateMap } from '../kit/states.ts'

/** An event about an issue or a note (docs.gitlab.com/user/project/integrations/webhook_events). */
export interface GitLabEvent {
  readonly payload: Values
  readonly attributes: Values
  /** See actionOf. */
  readonly action: string | null
  /** Who did it; for a sentence. */
  readonly author: string
  /** True if the relay's own account did it. */
  readonly isOwn: boolean
  readonly states: StateMap
  readonly withInternal: boolean
}

/** What an event tells of a story, without what all activities have. */
export interface Told extends Omit<ReadActivity, 'activity'> {
  readonly kind: string
  readonly sentence: string
  readonly story: StoryChange
}

export type ToldOrNot = Told | Extract<Reading, { ignored: unknown }>

/** What changes with everything else, and says nothing by itself. */
export const TIMES = ['updated_at', 'updated_by_id', 'closed_at', 'last_edited_at', 'last_edited_by_id']
/** What closing and reopening change. */
const MOVED = ['state_id', 'status', 'escalation_status', ...TIMES]

/**
 * Null for what is sent when somebody tests the web hook. GitLab tells twice that a task or an incident was closed or reopened:
 * by an action of that name, and by an update; both are one.
 */
export function actionOf(attributes: Values, changes: Values): string | null {
  const action = textOf(attributes.action)
  const { current } = objectOf(changes.state_id)
  if (action !== 'update' || typeof current !== 'number' || !onlyOf(changes, MOVED)) return action
  return { 1: 'reopen', 2: 'close' }[current] ?? action
}

export const onlyOf = (changes: Values, names: readonly string[]): boolean =>
  Object.keys(changes).length > 0 && Object.keys(changes).every((name) => names.includes(name))
