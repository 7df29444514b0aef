import { readCounts } from '../../src/store/counts.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { type DeliveryState, isSettled } from '../../src/store/delivery.ts'
import type { Invariants } from './invariants.ts'

/** Reads the database beside the relay, and compares it with what was promised. */
export interface Examiner {
  open(): void
  close(): Promise<void>
  /** What was acknowledged is there, and the counts agree with the rows. */
  examine(): Promise<void>
  /** What is stored of an activity is still what came. */
  examineBodies(): Promise<void>
  /** Deliveries that are not settled, and replays that have not ended. */
  unfinished(): Promise<number>
}

/** @param bodyOf what Tracker sent under that key */
export function createExaminer(
  file: string,
  invariants: Invariants,
  bodyOf: (key: string) => string | undefined,
): Examiner {
  let database: Database | null = null

  function reader() {
    if (database === null) throw new Error('the database is not open')
    return database.reader
  }

  async function rows(): Promise<{ key: string; integration: string; state: DeliveryState }[]> {
    return await reader()('deliveries').select('key', 'integration', 'state')
  }

  async function examineCounts(all: readonly { integration: string; state: DeliveryState }[]): Promise<void> {
    const counted = new Map<string, number>()
    for (const { integration, state } of all) {
      const name = `${integration} ${state}`
      counted.set(name, (counted.get(name) ?? 0) + 1)
    }
    for (const { integration, state, count } of await readCounts(reader())) {
      const name = `${integration} ${state}`
      if ((counted.get(name) ?? 0) !== Number(count))
        invariants.fail(`delivery_counts has ${count} of ${name}, but there are ${counted.get(name) ?? 0}`)
    }
  }

  return {
    open() {
      database = openDatabase({ client: 'sqlite', file })
    },
    async close() {
      await database?.close()
      database = null
    },
    async examine() {
      const all = await rows()
      const states = new Map(all.map(({ key, state }) => [key, state]))
      for (const key of invariants.promised()) {
        const known = invariants.known().get(key)
        const state = states.get(key)
        // Retention deletes what has ended well.
        if (state === undefined && known?.state !== 'delivered' && known?.state !== 'skipped')
          invariants.fail(`delivery ${key} was acknowledged, and is lost; it was ${known?.state ?? 'never stored'}`)
      }
      await examineCounts(all)
    },
    async examineBodies() {
      const stored: { key: string; raw: Buffer }[] = await reader()('activities').select('key', 'raw')
      for (const { key, raw } of stored)
        if (raw.toString() !== bodyOf(key)) invariants.fail(`the stored body of activity ${key} has changed`)
    },
    async unfinished() {
      const open = (await rows()).filter(({ state }) => !isSettled(state))
      const replays: unknown[] = await reader()('replays').select('id').where({ state: 'running' })
      return open.length + replays.length
    },
  }
}
