import type { Outcome } from '../../src/store/delivery.ts'

/** What becomes of a delivery that the target took. */
export const DELIVERED: Outcome = {
  state: 'delivered',
  dueAt: null,
  failures: 0,
  inDoubtSince: null,
  failingSince: null,
  firstFailedAt: null,
  lastFailedAt: null,
  receiptId: null,
  note: 'accepted',
  word: 'delivered',
  status: 200,
}
