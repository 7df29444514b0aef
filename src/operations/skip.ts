import type { SkipReport, SkipRequest } from '../store/skip.ts'
import type { ThreadedStore } from '../store/thread.ts'
import { OperationError } from './operation-error.ts'

type Parts = {
  readonly store: Pick<ThreadedStore, 'skip' | 'delivery'>
  wake(integrations: readonly string[]): void
}

/** Skips all open and dead deliveries of a selection; their lanes go on. */
export async function skipDeliveries({ store, wake }: Parts, request: SkipRequest): Promise<SkipReport> {
  const report = await store.skip(request)
  wake(report.byIntegration.map(({ integration }) => integration))
  return report
}

/** @throws {OperationError} if it does not exist, is settled, or is being delivered right now */
export async function skipDelivery(
  parts: Parts,
  { id, ...request }: Omit<SkipRequest, 'selection'> & { readonly id: number },
): Promise<void> {
  const found = await parts.store.delivery(id)
  if (found === null) throw new OperationError('unknown', `delivery ${id} does not exist`)
  const { skipped, underWay } = await skipDeliveries(parts, { ...request, selection: { ids: [id] } })
  if (underWay > 0)
    throw new OperationError('conflict', `delivery ${id} is being delivered right now, and cannot be skipped`)
  if (skipped === 0) {
    const { state } = found.delivery
    throw new OperationError('conflict', `delivery ${id} is settled already, and cannot be skipped: it was ${state}`)
  }
}
