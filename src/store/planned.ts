import type { Effect } from '../connectors/contract/effect.ts'
import type { StoryFilter } from '../tracker/filter.ts'

/** A delivery before it has an id. */
export interface Planned {
  readonly key: string
  readonly integration: string
  readonly storyId: string | null
  readonly effect: Effect
  readonly lanes: readonly string[]
  /** Set if it depends on what earlier activities told of its stories: it is decided when it is stored. */
  readonly onlyIf?: StoryFilter
  /** Why it is not carried out, and stored as skipped. */
  readonly skipped?: string
}
