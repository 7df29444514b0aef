import pRetry from 'p-retry'
import { CountChanges } from './counts.ts'
import type { Database } from './database.ts'
import type { Held, Trx } from './dialect/dialect.ts'
import { type LaneEntry, leave } from './lanes.ts'
import { isPassing, StoreError, storeErrorOf } from './store-error.ts'

/**
 * Group commit: writes that arrive while a commit runs share the next one, and so the cost of making it durable (an fsync
 * on SQLite).
 */
export interface Committer {
  /**
   * Makes a kind of write whose waiting items are applied together. `apply` returns one result for each item, in order;
   * it runs again if its transaction did not commit.
   */
  batched<I, O>(
    apply: (trx: Writes, items: readonly I[]) => Promise<readonly O[]>,
    kind: Kind<I>,
  ): (item: I) => Promise<O>
  /** A single write, which shares a commit too. `work` may run more than once. */
  run<T>(work: (trx: Writes) => Promise<T>, order: Order): Promise<T>
  /** Refuses new writes and waits until all earlier ones are committed. */
  close(): Promise<void>
}

/** A commit's transaction, and what is done once at its end for all that share it. */
export interface Writes extends Trx {
  readonly counts: CountChanges
  /**
   * Removes settled deliveries from their lanes and makes the next ones due.
   * @param wereDue they were the ones of their lanes that were due, as those that are delivered always are
   */
  leave(entries: readonly LaneEntry[], now: number, wereDue?: boolean): void
}

/**
 * How a write keeps the order in which all instances lock what others may want: it names what it needs before the
 * transaction begins, or it waits for nobody: then it comes last, since others may wait for what it has got. One that
 * needs names, and otherwise waits for nobody, comes last too.
 */
export type Order = (Partial<Held> & { readonly comesLast?: boolean }) | 'waits for nobody'

export interface Kind<I> {
  readonly order: ((item: I) => Order) | 'waits for nobody'
  /** For items that may be large. */
  bytesOf?(item: I): number
}

/** Enough for a burst; more is refused, so that memory stays bounded. */
const MOST_WAITING = 20_000
const MOST_WAITING_BYTES = 64 * 1024 * 1024
const MOST_BYTES_IN_COMMIT = 8 * 1024 * 1024
/** Keeps a multi-row statement far below SQLite's 32,766 parameters. */
const MOST_IN_COMMIT = 512

interface Waiting {
  readonly apply: Apply
  readonly item: unknown
  readonly order: Order
  readonly bytes: number
  resolve(value: unknown): void
  reject(error: unknown): void
}

type Apply = (trx: Writes, items: readonly unknown[]) => Promise<readonly unknown[]>

/** @param observe is told the duration of each commit in seconds, and its number of items */
export function createCommitter(
  transaction: Database['transaction'],
  observe: (seconds: number, items: number) => void = () => {},
): Committer {
  const waiting: Waiting[] = []
  let waitingBytes = 0
  let running: Promise<void> | null = null
  let closed = false

  function enqueue(apply: Apply, item: unknown, order: Order, bytes: number): Promise<unknown> {
    if (closed) return Promise.reject(new StoreError('stopping', 'the relay is stopping'))
    if (waiting.length >= MOST_WAITING || waitingBytes + bytes > MOST_WAITING_BYTES)
      return Promise.reject(new StoreError('overloaded', 'too much is waiting to be stored'))
    return new Promise((resolve, reject) => {
      waiting.push({ apply, item, order, bytes, resolve, reject })
      waitingBytes += bytes
      running ??= drain()
    })
  }

  async function drain(): Promise<void> {
    do {
      await gather()
      await commit(nextBatch())
    } while (waiting.length > 0)
    running = null
  }

  /** Waits as long as each turn of the event loop brings more, so that writes that arrive together share a commit. */
  async function gather(): Promise<void> {
    for (let before = 0; waiting.length > before && before < MOST_IN_COMMIT; ) {
      before = waiting.length
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  function nextBatch(): Waiting[] {
    let count = 0
    let bytes = 0
    for (const each of waiting) {
      if (count === MOST_IN_COMMIT || (count > 0 && bytes + each.bytes > MOST_BYTES_IN_COMMIT)) break
      count += 1
      bytes += each.bytes
    }
    waitingBytes -= bytes
    return waiting.splice(0, count)
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    const began = performance.now()
    try {
      const results = await transact(batch)
      observe((performance.now() - began) / 1000, batch.length)
      batch.forEach((each, index) => {
        each.resolve(results[index])
      })
    } catch (error) {
      await giveUp(batch, error)
    }
  }

  /** Tries each item by itself, so that one that cannot be stored does not fail the others of its commit. */
  async function giveUp(batch: readonly Waiting[], error: unknown): Promise<void> {
    const storeError = storeErrorOf(error)
    if (storeError !== null || batch.length === 1) {
      for (const each of batch) each.reject(storeError ?? error)
      return
    }
    for (const each of batch) await commit([each])
  }

  function transact(batch: readonly Waiting[]): Promise<readonly unknown[]> {
    return pRetry(() => transaction((trx) => applyAll(trx, batch)), {
      retries: 3,
      minTimeout: 20,
      factor: 3,
      randomize: true,
      shouldRetry: ({ error }) => isPassing(error),
    })
  }

  return {
    batched<I, O>(apply: (trx: Writes, items: readonly I[]) => Promise<readonly O[]>, { order, bytesOf }: Kind<I>) {
      const orderOf = (item: I): Order => (order === 'waits for nobody' ? order : order(item))
      return (item: I) => enqueue(apply as Apply, item, orderOf(item), bytesOf?.(item) ?? 0) as Promise<O>
    },
    run<T>(work: (trx: Writes) => Promise<T>, order: Order) {
      return enqueue(async (trx) => [await work(trx)], null, order, 0) as Promise<T>
    },
    async close() {
      closed = true
      while (running !== null) await running
    },
  }
}

async function applyAll(trx: Trx, batch: readonly Waiting[]): Promise<readonly unknown[]> {
  const results: unknown[] = new Array(batch.length)
  const counts = new CountChanges()
  const left: LaneEntry[] = []
  let leftAt = 0
  let allWereDue = true
  const writes: Writes = {
    ...trx,
    counts,
    leave(entries, now, wereDue = false) {
      left.push(...entries)
      if (entries.length > 0) allWereDue &&= wereDue
      leftAt = Math.max(leftAt, now)
    },
  }

  async function applyThose(isLast: boolean): Promise<void> {
    for (const [apply, indexes] of groupsOf(batch, isLast)) {
      const applied = await apply(
        writes,
        indexes.map((index) => batch[index]?.item),
      )
      indexes.forEach((index, position) => {
        results[index] = applied[position]
      })
    }
  }

  await trx.hold(heldBy(batch))
  await applyThose(false)
  // Together, so that the deliveries that it locks are in order too.
  await leave(trx, left, leftAt, allWereDue)
  await applyThose(true)
  await counts.apply(trx)
  return results
}

function heldBy(batch: readonly Waiting[]): Held {
  const names: string[] = []
  const deliveries: number[] = []
  let alone = false
  for (const { order } of batch) {
    if (order === 'waits for nobody') continue
    names.push(...(order.names ?? []))
    deliveries.push(...(order.deliveries ?? []))
    alone ||= order.alone ?? false
  }
  return { names, deliveries, alone }
}

/** What is applied together, as positions in the batch. */
function groupsOf(batch: readonly Waiting[], isLast: boolean): Map<Apply, number[]> {
  const groups = new Map<Apply, number[]>()
  batch.forEach(({ apply, order }, index) => {
    if ((order === 'waits for nobody' || order.comesLast === true) !== isLast) return
    const group = groups.get(apply)
    if (group === undefined) groups.set(apply, [index])
    else group.push(index)
  })
  return groups
}
