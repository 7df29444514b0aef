import type { Effect } from '../connectors/contract/effect.ts'

/** A delivery before it has an id. */
export interface Planned {
  readonly key: string
  readonly integration: string
  readonly storyId: string | null
  readonly effect: Effect
  readonly lanes: readonly string[]
}
