import type { DeliveryAnswer } from '../api/deliveries.ts'
import type { PageApi } from './page-api.ts'

/** By the integration's name. */
export type DeadReasons = ReadonlyMap<string, string>

/** Why the latest dead delivery of each integration was given up, as far as they are among the latest of all. */
export async function deadReasons(api: PageApi, integration?: string): Promise<DeadReasons> {
  const { items } = await api.get<{ items: readonly DeliveryAnswer[] }>('/deliveries', {
    ...{ state: 'dead', integration, limit: integration === undefined ? 100 : 1 },
  })
  return new Map(items.toReversed().flatMap(({ integration, note }) => (note === null ? [] : [[integration, note]])))
}
