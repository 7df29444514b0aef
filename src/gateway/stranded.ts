import type { Config } from '../config/schema.ts'
import type { DeliveryState } from '../store/delivery.ts'

interface Count {
  readonly integration: string
  readonly state: DeliveryState
  readonly count: number
}

const SETTLED: readonly DeliveryState[] = ['delivered', 'skipped', 'dead']

/** Integrations that are not in the config, with the number of their open deliveries, which nobody carries out. */
export function stranded(
  { integrations }: Config,
  counts: readonly Count[],
): readonly { readonly integration: string; readonly open: number }[] {
  const open = new Map<string, number>()
  for (const { integration, state, count } of counts)
    if (!SETTLED.includes(state) && Number(count) > 0 && integrations.every(({ name }) => name !== integration))
      open.set(integration, (open.get(integration) ?? 0) + Number(count))
  return [...open].map(([integration, count]) => ({ integration, open: count }))
}

/** What to tell the operator about one of them. */
export function strandedMessage({
  integration,
  open,
}: {
  readonly integration: string
  readonly open: number
}): string {
  const deliveries = open === 1 ? '1 open delivery' : `${open} open deliveries`
  return `${deliveries} of "${integration}" will not be sent, since the config has no integration of that name; give it that name again, or move them (tracker-relay move ${integration} NAME), or give them up (tracker-relay skip --integration ${integration})`
}
