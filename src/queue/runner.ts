import type { Taken } from '../store/delivery.ts'

/** How many deliveries may start now, and when to ask again if none may (null: when woken). */
export interface Allowance {
  readonly count: number
  readonly askAgainAt: number | null
}

export interface RunnerParts {
  allowance(running: number): Allowance
  /** Does not take `running` again, even if a lease ended while this process stood still. */
  take(limit: number, running: readonly Taken[]): Promise<readonly Taken[]>
  /** Carries out one delivery and stores its outcome. Never rejects. */
  work(delivery: Taken): Promise<void>
  nextDue(): Promise<number | null>
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted (at once if it is already). Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** The store failed; the loop continues after a pause. */
  onError(error: unknown): void
  /** Another instance or the command line may have changed the store meanwhile. */
  readonly longestSleepMs: number
}

interface Runner {
  wake(): void
  stop(): Promise<void>
  running(): readonly Taken[]
  /** When it last looked for work, by the steady clock: long ago means that it is stuck. */
  lastTurn(): number
  /** Never rejects; resolves when the loop has ended. */
  readonly ended: Promise<void>
}

const SHORTEST_SLEEP_MS = 10
const PAUSE_AFTER_ERROR_MS = 1000

/**
 * The loop of one integration: takes what is due, as much as is allowed, has it carried out, and sleeps until something
 * is due or it is woken. Each integration has its own, so that a slow target does not slow down others.
 */
export function startRunner(parts: RunnerParts): Runner {
  const running = new Map<Taken, Promise<void>>()
  let stopping = false
  let lastTurn = parts.steady()
  /** Ends the sleep of this turn, even if aborted before the sleep begins. */
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
    // If something is due but was not given to us, another instance is taking it right now.
    return Math.max(SHORTEST_SLEEP_MS, until(await parts.nextDue()))
  }

  function until(at: number | null): number {
    return at === null ? parts.longestSleepMs : Math.min(parts.longestSleepMs, at - parts.now())
  }

  async function loop(): Promise<void> {
    while (!stopping) {
      alarm = new AbortController()
      lastTurn = parts.steady()
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
