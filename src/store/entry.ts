import type { Activity, Link, StoryChange } from '../tracker/activity.ts'
import type { Planned } from './planned.ts'

/** What the store reads of an activity; the rest stays in the raw bytes. */
export type Recorded = Pick<Activity, 'key' | 'kind' | 'occurredAt'> & {
  readonly stories: readonly (Pick<StoryChange, 'id' | 'change' | 'name' | 'storyType' | 'link'> & {
    /** The state that the story is in now, if the activity tells it. */
    readonly state?: string | null
    /** All labels that the story has now; null or absent if the activity does not tell them. */
    readonly labels?: readonly string[] | null
    /** A link that counts only if the story has no ticket yet. */
    readonly linkIfNone?: Link
    /** True if it had been deleted before, and is there again. */
    readonly isRestored?: true
  })[]
}

/** An activity with the deliveries that it causes: stored together or not at all. */
export interface Entry {
  readonly projectId: string
  readonly activity: Recorded
  readonly raw: Buffer
  readonly contentType: string | null
  readonly receivedAt: number
  readonly deliveries: readonly Planned[]
  /** The trace that it came in, as in the header `traceparent`; null or absent: none. */
  readonly trace?: string | null
  /** True if no hook told it in time, so that later ones of its stories may be stored already. */
  readonly caughtUp?: true
  /** Set for an activity that its body does not tell by itself: from where it came, and how it was read, as JSON. */
  readonly read?: { readonly source: string; readonly normalised: string }
}

/** What one body told, in its order: stored together or not at all. */
export interface Entries
  extends Pick<Entry, 'projectId' | 'raw' | 'contentType' | 'receivedAt' | 'trace' | 'caughtUp'> {
  readonly activities: readonly (Pick<Entry, 'activity' | 'deliveries'> & Required<Pick<Entry, 'read'>>)[]
  /** What its deliveries were planned with; if a story is in another state by now, nothing is stored. Absent: any will do. */
  readonly basis?: readonly StoryBasis[]
}

/** What was known of a story's state; null: nothing. */
export interface StoryBasis {
  readonly storyId: string
  readonly state: string | null
  readonly statedAt: number | null
}

export interface Appended {
  readonly id: number
  /** How many deliveries the activity caused when it first came. */
  readonly deliveries: number
  /** The activity was stored before; nothing was written. */
  readonly duplicate: boolean
}
