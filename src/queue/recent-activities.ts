import { readStored, type StoredBody } from '../store/read-stored.ts'
import type { Activity } from '../tracker/activity.ts'

const MOST_KEPT = 64
/** In bytes. A read activity takes several times as much as its body. */
const LONGEST_BODY = 16 * 1024

export interface RecentActivities {
  keep(id: number, raw: Buffer, activity: Activity): void
  /** @throws {ParseError} */
  read(id: number, stored: StoredBody): Activity
}

/**
 * Most activities are delivered right after they came: those that the journal has just read are not read again for each
 * integration. More than a few would outlive the young generation. The body decides, since it may have been erased.
 */
export function createRecentActivities(): RecentActivities {
  const kept = new Map<number, { readonly raw: Buffer; readonly activity: Activity }>()
  return {
    keep(id, raw, activity) {
      if (raw.length > LONGEST_BODY) return
      kept.set(id, { raw, activity })
      const [oldest] = kept.keys()
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest)
    },
    read(id, stored) {
      const known = kept.get(id)
      return known?.raw.equals(stored.raw) ? known.activity : readStored(stored)
    },
  }
}
