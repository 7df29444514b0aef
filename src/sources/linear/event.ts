import type { Activity, StoryChange } from '../../tracker/activity.ts'
import type { Values } from '../../tracker/json-values.ts'
import type { Directory, ReadActivity, Reading } from '../contract/source.ts'
import type { StateMap } from '../kit/states.ts'

/** An event as all types of them have it (EntityWebhookPayload in Linear's GraphQL schema). */
export interface LinearEvent {
  readonly type: string
  readonly action: 'create' | 'update' | 'remove'
  readonly data: Values
  /** True if it brings the issue back from the trash. */
  readonly isRestored: boolean
  /** The values before, of what an update changed; ids where it changed relations. */
  readonly updatedFrom: Values
  readonly url: string | null
  readonly author: string
  readonly directory: Directory
  readonly states: StateMap
}

/** What an event tells of a story, without what all activities have. */
export interface Told extends Omit<ReadActivity, 'activity'> {
  readonly kind: string
  readonly sentence: string
  readonly story: StoryChange
  readonly others?: Activity['others']
}

export type ToldOrNot = Told | Extract<Reading, { ignored: unknown }>
