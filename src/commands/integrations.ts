import { DELIVERY_STATES } from '../store/delivery.ts'
import { plain, print, withStore } from './environment.ts'
import { UsageError } from './usage-error.ts'

/** `relay integrations`: how each stands. */
export async function listIntegrations(options: { config?: string }): Promise<void> {
  await withStore(options.config, async (store, config) => {
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
      print(plain(`${name} (${type}): ${standing}; ${numbers.length === 0 ? 'no deliveries' : numbers.join(', ')}`))
    }
  })
}

/** `relay pause NAME`: activities are taken and kept, nothing is sent until `relay resume NAME`. */
export async function pauseIntegration(name: string, options: { config?: string; reason?: string }): Promise<void> {
  await withStore(options.config, async (store, config) => {
    known(name, config.integrations)
    await store.savePause(name, null, options.reason ?? 'paused by the operator', Date.now())
    print(`${name} is paused; a running relay notices within seconds`)
  })
}

/** `relay resume NAME`: ends a pause, and tries a target that is held at once. */
export async function resumeIntegration(name: string, options: { config?: string }): Promise<void> {
  await withStore(options.config, async (store, config) => {
    known(name, config.integrations)
    await store.saveResume(name, Date.now())
    print(`${name} goes on; a running relay notices within seconds`)
  })
}

function known(name: string, integrations: readonly { name: string }[]): void {
  if (integrations.some((integration) => integration.name === name)) return
  throw new UsageError(
    `there is no integration "${name}" in the config; there are: ${integrations.map((each) => each.name).join(', ')}`,
  )
}
