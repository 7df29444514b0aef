import type { Metrics } from '../observability/metrics.ts'
import { StoreError } from '../store/store-error.ts'

const PAUSE_MS = 1000

/**
 * Writes to the store. If it is busy or full, tries until it succeeds: meanwhile a delivery counts as under way and is
 * not sent again.
 * @returns null if the relay stops or it can never be stored: then the delivery comes back in doubt
 */
export async function patiently<T>(
  write: () => Promise<T>,
  { metrics, pause }: { readonly metrics: Metrics; pause(ms: number): Promise<void> },
  tell: (error: unknown) => void,
): Promise<T | null> {
  for (;;) {
    try {
      return await write()
    } catch (error) {
      metrics.storeErrors.inc()
      tell(error)
      if (!(error instanceof StoreError) || error.reason === 'stopping') return null
      await pause(PAUSE_MS)
    }
  }
}
