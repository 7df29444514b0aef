import type { Relay } from '../../src/gateway/relay.ts'
import type { IntegrationWorker } from '../../src/queue/worker.ts'
import type { Delivery } from '../../src/store/delivery.ts'
import { eventually } from './eventually.ts'
import type { RunningRelay } from './running-relay.ts'

/** Longer than any test lets a relay's clock run ahead, so that no lease ends by that. */
export const LONG_LEASE_MS = 24 * 3_600_000

/** Waits until the worker has begun another turn. */
export async function nextTurn(worker: IntegrationWorker): Promise<void> {
  const before = worker.lastTurn()
  await eventually(
    () => {
      worker.wake()
      return worker.lastTurn()
    },
    (at) => at > before,
    `a turn of ${worker.integration.name}`,
  )
}

/** Waits until each worker has looked for work, from the beginning of a turn to its end, since this was called. */
export async function oneTurn({ relay }: { readonly relay: Pick<Relay, 'workers'> }): Promise<void> {
  for (const worker of relay.workers()) for (let turns = 0; turns < 2; turns += 1) await nextTurn(worker)
}

/** Lets the relay's clock run until every delivery is settled; returns them, oldest first. */
export async function runUntilSettled(relay: RunningRelay, count: number): Promise<Delivery[]> {
  return await eventually(
    () => {
      relay.advance(250)
      return relay.deliveries()
    },
    (found) => found.length === count && found.every(({ settledAt }) => settledAt !== null),
    `${count} deliveries, all of them settled`,
  )
}
