import type { Taken } from '../store/delivery.ts'

/** How many deliveries may start now, and when to ask again if none may (null: when woken). */
export interface Allowance {
  readonly count: number
  readonly askAgainAt: number | null
}

export interface RunnerParts {
  /** @param running how many occupy a place at the target */
  allowance(running: number): Allowance
  /** How many may be taken beyond that, to be at hand; 0: those at hand are given back. */
  ahead(): number
  /** How many outcomes may be on their way into the store while others start. */
  readonly mostSettling: number
  /**
   * Does not take again what is under way, even if a lease ended while this process stood still.
   * @param underWay also those whose outcome is on its way into the store, and those at hand
   */
  take(limit: number, underWay: readonly Taken[]): Promise<readonly Taken[]>
  /**
   * Carries out one delivery and stores its outcome. Never rejects.
   * @param leave to be called when the target has answered and another one may start, at the latest by the end
   */
  work(delivery: Taken, leave: () => void): Promise<void>
  /** Gives back what was taken and not begun. Never rejects. */
  giveBack(deliveries: readonly Taken[]): Promise<void>
  nextDue(): Promise<number | null>
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted (at once if it is already). Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** The store failed; the loop continues after a pause. */
  onError(error: unknown): void
  /** Another instance or the command line may have changed the store meanwhile. */
  longestSleepMs(): number
}

interface Runner {
  wake(): void
  stop(): Promise<void>
  /** When it last looked for work, by the steady clock: long ago means that it is stuck. */
  lastTurn(): number
  /** Never rejects; resolves when the loop has ended. */
  readonly ended: Promise<void>
}

const SHORTEST_SLEEP_MS = 10
/** Without a reason, each wake would make a DOMException with its stack: a tenth of what taking an activity costs. */
const WOKEN = 'woken'
const PAUSE_AFTER_ERROR_MS = 1000

/**
 * The loop of one integration: takes what is due, as much as is allowed, has it carried out, and sleeps until something
 * is due or it is woken. Each integration has its own, so that a slow target does not slow down others.
 *
 * Some are taken ahead, so that a place at the target that becomes free is filled at once: neither the outcome of the one
 * before nor the take of the next one stands in its way.
 */
export function startRunner(parts: RunnerParts): Runner {
  const started = new Map<Taken, Promise<void>>()
  const running = new Set<Taken>()
  let atHand: Taken[] = []
  /** Until when nothing is due, as the last take found; null once something has happened that may have changed it. */
  let quiet: { readonly until: number | null } | null = null
  let wakings = 0
  let stopping = false
  let lastTurn = parts.steady()
  let woken = false
  /** Ends the sleep. */
  let alarm: AbortController | null = null

  function wake(): void {
    quiet = null
    wakings += 1
    rouse()
  }

  function rouse(): void {
    woken = true
    alarm?.abort(WOKEN)
  }

  async function sleep(ms: number): Promise<void> {
    if (ms <= 0 || woken) return
    alarm = new AbortController()
    await parts.pause(ms, alarm.signal)
    alarm = null
    if (!woken) quiet = null
  }

  function start(delivery: Taken): void {
    const leave = (): void => {
      if (!running.delete(delivery)) return
      fill()
      if (quiet === null) rouseIfOfUse()
    }
    running.add(delivery)
    const done = parts.work(delivery, leave).finally(() => {
      started.delete(delivery)
      running.delete(delivery)
      quiet = null
      wakings += 1
      fill()
      rouseIfOfUse()
    })
    started.set(delivery, done)
  }

  /** A turn and the sleep after it cost a tenth of a delivery. */
  function rouseIfOfUse(): void {
    const ahead = parts.ahead()
    const { wanted, askAgainAt } = need(ahead)
    const isGivenBack = ahead === 0 && atHand.length > 0
    if (stopping || wanted > 0 || isGivenBack || askAgainAt !== null) rouse()
  }

  function need(ahead: number): { readonly wanted: number; readonly askAgainAt: number | null } {
    const { count, askAgainAt } = allowance()
    // The more are taken together, the less each costs.
    return { wanted: atHand.length > ahead / 2 ? 0 : count + ahead - atHand.length, askAgainAt }
  }

  function allowance(): Allowance {
    const allowed = parts.allowance(running.size)
    const settling = started.size - running.size
    return settling < parts.mostSettling ? allowed : { count: 0, askAgainAt: null }
  }

  /** Starts what is at hand, as far as it may. */
  function fill(): void {
    while (!stopping && atHand.length > 0 && allowance().count > 0) {
      const next = atHand.shift()
      if (next !== undefined) start(next)
    }
  }

  async function giveBack(): Promise<void> {
    if (atHand.length === 0) return
    const given = atHand
    atHand = []
    await parts.giveBack(given)
  }

  /** @returns how long to sleep, in milliseconds */
  async function turn(): Promise<number> {
    const ahead = parts.ahead()
    if (ahead === 0) await giveBack()
    fill()
    const { wanted, askAgainAt } = need(ahead)
    if (wanted === 0) return until(askAgainAt)
    if (quiet !== null) return quietFor(quiet.until)
    const before = wakings
    const taken = await parts.take(wanted, [...started.keys(), ...atHand])
    // Without any ahead they were allowed, and counted, when they were taken.
    if (ahead === 0 && !stopping) for (const delivery of taken) start(delivery)
    else atHand.push(...taken)
    fill()
    if (taken.length === wanted || wakings > before) return 0
    const next = await parts.nextDue()
    if (wakings === before) quiet = { until: next }
    return quietFor(next)
  }

  /** If something is due but was not given to us, another instance is taking it right now. */
  const quietFor = (next: number | null): number => Math.max(SHORTEST_SLEEP_MS, until(next))

  function until(at: number | null): number {
    const longest = parts.longestSleepMs()
    return at === null ? longest : Math.min(longest, at - parts.now())
  }

  async function loop(): Promise<void> {
    while (!stopping) {
      woken = false
      lastTurn = parts.steady()
      try {
        await sleep(await turn())
      } catch (error) {
        parts.onError(error)
        await sleep(PAUSE_AFTER_ERROR_MS)
      }
    }
    await giveBack()
    await Promise.all(started.values())
  }

  const ended = loop()
  return {
    wake,
    lastTurn: () => lastTurn,
    ended,
    async stop() {
      stopping = true
      wake()
      await ended
    },
  }
}
