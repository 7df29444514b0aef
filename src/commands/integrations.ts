import { isCapReached } from '../gateway/day-cap.ts'
import { stranded } from '../gateway/stranded.ts'
import { visible } from '../observability/visible.ts'
import { DELIVERY_STATES } from '../store/delivery.ts'
import type { IntegrationState } from '../store/integration-states.ts'
import { type ConfigOptions, integrationNamed, withStore } from './environment.ts'
import { createListing } from './listing.ts'
import { print } from './print.ts'

interface Standing {
  readonly integration: string
  /** Null: it is not in the config. */
  readonly type: string | null
  readonly standing: string
  /** How many deliveries are in each state that there is one in. */
  readonly deliveries: Readonly<Record<string, number>>
}

export async function listIntegrations(options: ConfigOptions & { json?: boolean }): Promise<void> {
  await withStore(options, async (store, config) => {
    const states = new Map((await store.integrationStates()).map((state) => [state.integration, state]))
    const counts = await store.counts()
    const deliveriesOf = (name: string): Record<string, number> =>
      Object.fromEntries(
        DELIVERY_STATES.flatMap((each) => {
          const found = counts.find((row) => row.integration === name && row.state === each)
          return found === undefined || Number(found.count) === 0 ? [] : [[each, Number(found.count)] as const]
        }),
      )
    const listing = createListing<Standing>(options.json === true, line)
    for (const { name, type, common } of config.integrations) {
      const isCapped = await isCapReached(store, name, common, Date.now())
      const standing = standingOf(states.get(name)) ?? (isCapped ? capped(common) : 'running')
      listing.add({ integration: name, type, standing, deliveries: deliveriesOf(name) })
    }
    for (const { integration } of stranded(config, counts))
      listing.add({ integration, type: null, standing: 'nothing is sent', deliveries: deliveriesOf(integration) })
    listing.end()
  })
}

function line({ integration, type, standing, deliveries }: Standing): string {
  const numbers = Object.entries(deliveries).map(([state, count]) => `${state} ${count}`)
  return visible(
    `${integration} (${type ?? 'not in the config'}): ${standing}; ${numbers.length === 0 ? 'no deliveries' : numbers.join(', ')}`,
  )
}

/** Null: it sends what comes. */
function standingOf(state: IntegrationState | undefined): string | null {
  if (state?.pausedAt != null) return `paused: ${state.pausedReason}`
  if (state?.breaker?.state !== 'open') return null
  return `held until ${new Date(state.breaker.until).toISOString()}: ${state.breaker.reason}`
}

function capped({ max_per_day }: { readonly max_per_day?: number | undefined }): string {
  return `day cap of ${max_per_day} reached until 00:00 UTC`
}

export async function pauseIntegration(name: string, options: ConfigOptions & { reason?: string }): Promise<void> {
  await withStore(options, async (store, config) => {
    integrationNamed(config, name)
    await store.savePause(name, null, options.reason ?? 'paused by the operator', Date.now())
    print(`${name} is paused; a running relay notices within seconds`)
  })
}

export async function resumeIntegration(name: string, options: ConfigOptions): Promise<void> {
  await withStore(options, async (store, config) => {
    integrationNamed(config, name)
    await store.saveResume(name, Date.now())
    print(`${name} is resumed; a running relay notices within seconds`)
  })
}
