import { type Taken, waitsSince } from '../store/delivery.ts'
import { isForDigest } from '../store/digest.ts'
import type { Integration } from './integration.ts'

/** When the digest is due that a delivery waits for; null: it waits for none, or is in one already. */
export function digestDue(
  digestAfter: Integration['digestAfter'],
  delivery: Pick<Taken, 'lanes' | 'digest' | 'createdAt' | 'replayedAt'>,
): number | null {
  if (digestAfter === null || delivery.digest !== null || !isForDigest(delivery)) return null
  return digestAfter(new Date(waitsSince(delivery))).getTime()
}
