import { waitsSince } from '../store/delivery.ts'
import { NO_PROJECT } from '../store/notice.ts'
import type { Settlement } from '../store/settle.ts'
import { NO_STAT, PERIOD_MS, type Stat, type StatNumbers, sumOfStats } from '../store/stats.ts'
import type { ThreadedStore } from '../store/thread.ts'

export interface StatCounter {
  /** The same store; what it appends, settles and gives up is counted. */
  readonly store: ThreadedStore
  /** Writes what was counted. If that fails, it is written with the next call. */
  flush(): Promise<void>
}

/** So many are kept at most while they cannot be written; the oldest are lost. */
const MOST_KEPT = 20_000

/** Counts what an instance does, in memory, so that no commit writes a row for it. */
export function countStats(store: ThreadedStore, now: () => number): StatCounter {
  let counted = new Map<string, Stat>()

  function add(integration: string, at: number, numbers: Partial<StatNumbers>): void {
    const minute = at - (at % PERIOD_MS.minute)
    const key = `${minute} ${integration}`
    const before = counted.get(key)
    if (before === undefined && counted.size >= MOST_KEPT) {
      const [oldest] = counted.keys()
      if (oldest !== undefined) counted.delete(oldest)
    }
    counted.set(key, { ...sumOfStats(before ?? NO_STAT, { ...NO_STAT, ...numbers }), at: minute, integration })
  }

  function settled({ delivery, outcome, endedAt }: Settlement): void {
    add(delivery.integration, endedAt, numbersOf(outcome.word, Math.max(0, endedAt - waitsSince(delivery))))
  }

  let last: Promise<void> = Promise.resolve()
  /** One after the other: a reader also waits for what another one's call is writing. */
  function flush(): Promise<void> {
    last = last.then(write, write)
    return last
  }

  async function write(): Promise<void> {
    const writing = counted
    counted = new Map()
    if (writing.size === 0) return
    try {
      await store.addStats([...writing.values()])
    } catch (error) {
      for (const { at, integration, ...numbers } of writing.values()) add(integration, at, numbers)
      throw error
    }
  }

  return {
    store: {
      ...store,
      /** With what was just done here. */
      async stats(choice) {
        // What cannot be written now is not in it, and will be.
        await flush().catch(() => {})
        return await store.stats(choice)
      },
      async append(entry) {
        const appended = await store.append(entry)
        if (!appended.duplicate && entry.projectId !== NO_PROJECT) add('', entry.receivedAt, { received: 1 })
        return appended
      },
      async appendTogether(told) {
        const appended = await store.appendTogether(told)
        const received = appended.filter(({ duplicate }) => !duplicate).length
        if (received > 0) add('', told.receivedAt, { received })
        return appended
      },
      async settle(settlement) {
        const isOurs = await store.settle(settlement)
        if (isOurs) settled(settlement)
        return isOurs
      },
      async expire(expiry) {
        const expired = await store.expire(expiry)
        if (expired > 0) add(expiry.integration, expiry.now, { dead: expired })
        return expired
      },
      async skip(request) {
        const report = await store.skip(request)
        for (const { integration, skipped } of report.byIntegration) add(integration, now(), { skipped })
        return report
      },
    },
    flush,
  }
}

function numbersOf(word: Settlement['outcome']['word'], latencyMs: number): Partial<StatNumbers> {
  switch (word) {
    case 'delivered':
    case 'confirmed':
      return { delivered: 1, latencyMs, slowestMs: latencyMs }
    case 'skipped':
      return { skipped: 1 }
    case 'dead':
    case 'expired':
      return { dead: 1 }
    default:
      return { failed: 1 }
  }
}
