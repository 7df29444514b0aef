import type { StoryChange } from '../../tracker/activity.ts'
import type { Values } from '../../tracker/json-values.ts'
import type { ReadActivity, Reading } from '../contract/source.ts'
import type { StateMap } from '../kit/states.ts'

/** An event about an issue or a note (docs.gitlab.com/user/project/integrations/webhook_events). */
export interface GitLabEvent {
  readonly payload: Values
  readonly attributes: Values
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
