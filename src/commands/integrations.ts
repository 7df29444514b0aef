import { visible } from '../observability/visible.ts'
import { DELIVERY_STATES } from '../store/delivery.ts'
import { type ConfigOptions, integrationNamed, withStore } from './environment.ts'
import { print } from './print.ts'

export async function listIntegrations(options: ConfigOptions): Promise<void> {
  await withStore(options, async (store, config) => {
    const states = new Map((await store.integrationStates()).map((state) => [state.integration, state]))
    const counts = await store.counts()
    for (const { name, type } of config.integrations) {
      const state = states.get(name)
      const standing =
        state?.pausedAt != null
          ? `paused: ${state.pausedReason}`
          : state?.breaker?.state === 'open'
            ? `held until ${new Date(state.breaker.until).toISOString()}: ${state.breaker.reason}`
            : 'running'
      const numbers = DELIVERY_STATES.flatMap((each) => {
        const found = counts.find((row) => row.integration === name && row.state === each)
        return found === undefined || Number(found.count) === 0 ? [] : [`${each} ${found.count}`]
      })
      print(visible(`${name} (${type}): ${standing}; ${numbers.length === 0 ? 'no deliveries' : numbers.join(', ')}`))
    }
  })
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
