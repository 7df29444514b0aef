import { capped } from '../http/recording.ts'
import type { Exchange } from '../http/send.ts'
import type { Outcome, Taken } from '../store/delivery.ts'
import type { Settlement } from '../store/settle.ts'

/** What the store has to know of a delivery to store its outcome: the rest would be copied to its thread for nothing. */
export function settledOf(delivery: Taken): Settlement['delivery'] {
  const { id, key, integration, token, lanes, attempts, startedAt, createdAt, replayedAt, digest } = delivery
  return { id, key, integration, token, lanes, attempts, startedAt, createdAt, replayedAt, digest }
}

/** In characters. Of what went well, less has to be looked up. */
const KEPT_OF_A_GOOD_BODY = 2048

/** The requests and answers of an attempt, as they are stored. */
export function recordOf(exchanges: readonly Exchange[], { word }: Pick<Outcome, 'word'>): string {
  if (word !== 'delivered') return JSON.stringify(exchanges)
  return JSON.stringify(
    exchanges.map((each) => ({
      ...each,
      requestBody: capped(each.requestBody, KEPT_OF_A_GOOD_BODY),
      responseBody: capped(each.responseBody, KEPT_OF_A_GOOD_BODY),
    })),
  )
}
