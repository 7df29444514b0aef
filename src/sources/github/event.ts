import type { Activity, StoryChange } from '../../tracker/activity.ts'
import type { Values } from '../../tracker/json-values.ts'
import type { ReadActivity, Reading } from '../contract/source.ts'
import type { StateMap } from '../kit/states.ts'

/** An event about an issue (issues and issue_comment in the schemas of octokit/webhooks). */
export interface GitHubEvent {
  readonly action: string
  readonly issue: Values
  readonly payload: Values
  /** Who did it; for a sentence. */
  readonly author: string
  /** True if the relay's own account did it. */
  readonly isOwn: boolean
  readonly states: StateMap
}

/** What an event tells of a story, without what all activities have. */
export interface Told extends Omit<ReadActivity, 'activity'> {
  readonly kind: string
  readonly sentence: string
  readonly occurredAt: string | null
  readonly story: StoryChange
  readonly others?: Activity['others']
}

export type ToldOrNot = Told | Extract<Reading, { ignored: unknown }>
