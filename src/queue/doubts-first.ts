/** A delivery of this integration whose end is unknown; it may be sent again when it is due. */
export interface Doubt {
  readonly id: number
  readonly dueAt: number
  /** Another process may still be carrying it out. */
  readonly isUnderWay: boolean
}

/**
 * - `free`: anything may be taken
 * - `ask`: only this delivery; `early`: it is only asked about, and not sent again
 * - `wait`: nothing, until then
 */
export type Turn =
  | { readonly type: 'free' }
  | { readonly type: 'ask'; readonly id: number; readonly early: boolean }
  | { readonly type: 'wait'; readonly until: number }

export interface DoubtsFirst {
  /** Deliveries in doubt that nobody need wait for any more, before they are due. */
  cleared(now: number): readonly number[]
  /** @param doubt the first that is neither running nor cleared */
  turn(doubt: Doubt | null, moment: Moment): Turn
  /**
   * The target has been asked about this delivery before it is due.
   * @param isAbsent it does not have it; if it could not be asked, it is asked again soon
   */
  asked(id: number, isAbsent: boolean, at: number): void
}

interface Moment {
  /** How many are under way. */
  readonly running: number
  /** Only one delivery may be tried now. */
  readonly isProbe: boolean
  readonly at: number
}

/** So many questions may fail before the others go on: a target that never answers questions must not stop writes. */
const MOST_QUESTIONS = 5
/** While others are under way; each that ends wakes the loop. */
const SHORT_MS = 100
/** A request whose answer was lost has been carried out by then, or never will be. */
const LANDED_MS = 10_000

/**
 * For a target where all deliveries go to one place, such as a room: what is in doubt is asked about before more is sent
 * there, so that our own backlog does not push it out of sight. If it is not there, the others go on, and it is asked about
 * once more when its own retry is due. A probe is not used up by it: then it is only asked about.
 */
export function createDoubtsFirst(now: number): DoubtsFirst {
  const questions = new Map<number, number>()
  const early = new Map<number, Early>()
  let sentAt = now

  function decide(doubt: Doubt | null, { running, isProbe, at }: Moment): Turn {
    if (doubt === null || (questions.get(doubt.id) ?? 0) >= MOST_QUESTIONS) return { type: 'free' }
    const { id, dueAt, isUnderWay } = doubt
    const isEarly = dueAt > at
    if (isEarly && isUnderWay) return { type: 'wait', until: dueAt }
    const asked = early.get(id)
    if (isEarly && asked !== undefined) return { type: 'wait', until: Math.min(dueAt, asked.until) }
    const askAt = isEarly ? Math.min(dueAt, sentAt + LANDED_MS) : at
    if (askAt > at) return { type: 'wait', until: askAt }
    return running > 0 ? { type: 'wait', until: at + SHORT_MS } : { type: 'ask', id, early: isEarly || isProbe }
  }

  return {
    cleared(at) {
      for (const [id, { until }] of early) if (until <= at) early.delete(id)
      return [...early].flatMap(([id, { isAbsent }]) => (isAbsent ? [id] : []))
    },
    turn(doubt, moment) {
      const { running, at } = moment
      if (doubt === null && early.size === 0) questions.clear()
      const turn = decide(doubt, moment)
      const isOnlyAsking = [...early.values()].some(({ isAsking }) => isAsking)
      if (turn.type === 'free' || (running > 0 && !isOnlyAsking)) sentAt = at
      if (turn.type !== 'ask' || doubt === null) return turn
      if (turn.early) {
        const until = Math.max(doubt.dueAt, at + LANDED_MS)
        early.set(doubt.id, { until, isAsking: true, isAbsent: false })
      } else sentAt = at
      questions.set(doubt.id, (questions.get(doubt.id) ?? 0) + 1)
      return turn
    },
    asked(id, isAbsent, at) {
      const known = early.get(id)
      if (known !== undefined)
        early.set(id, { until: isAbsent ? known.until : at + LANDED_MS, isAsking: false, isAbsent })
      if (isAbsent) questions.delete(id)
    },
  }
}

interface Early {
  /** So long nobody waits for it, or it is not asked about again. */
  readonly until: number
  readonly isAsking: boolean
  readonly isAbsent: boolean
}
