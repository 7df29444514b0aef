/** A delivery of this integration whose end is unknown; it may be asked about when it is due. */
export interface Doubt {
  readonly id: number
  readonly dueAt: number
}

/**
 * - `free`: anything may be taken
 * - `ask`: only this delivery
 * - `wait`: nothing, until then
 */
export type Turn =
  | { readonly type: 'free' }
  | { readonly type: 'ask'; readonly id: number }
  | { readonly type: 'wait'; readonly until: number }

/** So many questions may fail before the others go on: a target that never answers questions must not stop writes. */
const MOST_QUESTIONS = 5
/** While others are under way; each that ends wakes the loop. */
const SHORT_MS = 100

/**
 * For a target where all deliveries go to one place, such as a room: what is in doubt is asked about before more is sent
 * there, so that our own backlog does not push it out of sight.
 */
export function createDoubtsFirst(): {
  turn(doubt: Doubt | null, running: number, now: number): Turn
} {
  const questions = new Map<number, number>()
  return {
    turn(doubt, running, now) {
      if (doubt === null) {
        questions.clear()
        return { type: 'free' }
      }
      if ((questions.get(doubt.id) ?? 0) >= MOST_QUESTIONS) return { type: 'free' }
      if (doubt.dueAt > now) return { type: 'wait', until: doubt.dueAt }
      if (running > 0) return { type: 'wait', until: now + SHORT_MS }
      questions.set(doubt.id, (questions.get(doubt.id) ?? 0) + 1)
      return { type: 'ask', id: doubt.id }
    },
  }
}
