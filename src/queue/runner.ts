import type { Taken } from '../store/delivery.ts'

/** How many deliveries may start now, and when to ask again if none may (ms since 1970; null: when woken). */
export interface Allowance {
  readonly count: number
  readonly askAgainAt: number | null
}

export interface RunnerParts {
  allowance(running: number): Allowance
  /** `running` is under way here already: it is not taken again, even if its lease ended while this process stood still. */
  take(limit: number, running: readonly Taken[]): Promise<readonly Taken[]>
  /** Carries one delivery out and stores its outcome. Never rejects. */
  work(delivery: Taken): Promise<void>
  nextDue(): Promise<number | null>
  now(): number
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted (at once if it is already). Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** The store failed; the loop goes on after a pause. */
  onError(error: unknown): void
}

export interface Runner {
  /** Something may have become due. */
  wake(): void
  /** Takes nothing new, and waits until what runs is finished. */
  stop(): Promise<void>
  running(): readonly Taken[]
  /** When it last looked for work, milliseconds since 1970: long ago means that it is stuck. */
  lastTurn(): number
  /** Never rejects; resolves when the loop has ended. */
  readonly ended: Promise<void>
}

/** Other processes may have changed the store meanwhile: another instance, the command line. */
const LONGEST_SLEEP_MS = 2000
const SHORTEST_SLEEP_MS = 10
const PAUSE_AFTER_ERROR_MS = 1000

/**
 * The loop of one integration. It knows neither SQL nor HTTP nor any system: it takes what is due, as much as is
 * allowed, has it carried out, and sleeps until something is due or it is woken. Each integration has its own, so that
 * a slow target slows down no other.
 */
export function startRunner(parts: RunnerParts): Runner {
  const running = new Map<Taken, Promise<void>>()
  let stopping = false
  let lastTurn = parts.now()
  /** Ends the sleep of this turn, at once if it is set off before the sleep begins. */
  let alarm = new AbortController()

  function wake(): void {
    alarm.abort()
  }

  async function sleep(ms: number): Promise<void> {
    if (ms > 0 && !alarm.signal.aborted) await parts.pause(ms, alarm.signal)
  }

  function start(delivery: Taken): void {
    const done = parts.work(delivery).finally(() => {
      running.delete(delivery)
      wake()
    })
    running.set(delivery, done)
  }

  /** @returns how long to sleep, in milliseconds */
  async function turn(): Promise<number> {
    const { count, askAgainAt } = parts.allowance(running.size)
    if (count === 0) return until(askAgainAt)
    const taken = await parts.take(count, [...running.keys()])
    for (const delivery of taken) start(delivery)
    if (taken.length > 0) return 0
    // What is due and was not given to us is in another instance's hands this very moment.
    return Math.max(SHORTEST_SLEEP_MS, until(await parts.nextDue()))
  }

  function until(at: number | null): number {
    return at === null ? LONGEST_SLEEP_MS : Math.min(LONGEST_SLEEP_MS, at - parts.now())
  }

  async function loop(): Promise<void> {
    while (!stopping) {
      alarm = new AbortController()
      lastTurn = parts.now()
      try {
        await sleep(await turn())
      } catch (error) {
        parts.onError(error)
        await sleep(PAUSE_AFTER_ERROR_MS)
      }
    }
    await Promise.all(running.values())
  }

  const ended = loop()
  return {
    wake,
    running: () => [...running.keys()],
    lastTurn: () => lastTurn,
    ended,
    async stop() {
      stopping = true
      wake()
      await ended
    },
  }
}
