import type { ReadActivity } from '../sources/contract/source.ts'

/** Those of one second come within minutes. */
const MOST_KEPT = 1000

export interface ToldApart {
  /** It was new. */
  keep(projectId: string, told: ReadActivity): void
  /** The same with a key of its own if it is another event than the one that was stored with its key; else null. */
  asAnother(projectId: string, told: ReadActivity): ReadActivity | null
}

/**
 * Tells events apart that have the same key, since the tool's times have seconds: an issue that is closed, reopened and closed
 * again within one. What the web hook that told the first one tells by another delivery is another event; what another web
 * hook tells is the same one. After a restart nothing is known of the first one: then the other is a duplicate. Only the
 * delivery of a new one is kept, and the key of its own stays the same, so nothing is ever stored twice.
 */
export function createToldApart(): ToldApart {
  const kept = new Map<string, NonNullable<ReadActivity['delivery']>>()
  const keyOf = (projectId: string, { activity }: ReadActivity): string => `${projectId} ${activity.key}`
  return {
    keep(projectId, told) {
      if (told.delivery === undefined) return
      kept.set(keyOf(projectId, told), told.delivery)
      const [oldest] = kept.keys()
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest)
    },
    asAnother(projectId, told) {
      const first = kept.get(keyOf(projectId, told))
      const { delivery, ...others } = told
      if (first === undefined || delivery === undefined) return null
      if (first.hook !== delivery.hook || first.id === delivery.id) return null
      return { ...others, activity: { ...told.activity, key: `${told.activity.key}:${delivery.id}` } }
    },
  }
}
