import type { Config } from '../config/schema.ts'
import { visible } from '../observability/visible.ts'
import { DELIVERY_STATES, type Delivery, type DeliveryState } from '../store/delivery.ts'
import type { Store } from '../store/store.ts'
import { CommandFailed } from './command-failed.ts'
import { type ConfigOptions, integrationNamed, wholeNumber, withStore } from './environment.ts'
import { list } from './listing.ts'
import { print } from './print.ts'
import { UsageError } from './usage-error.ts'

interface DeliveryOptions extends ConfigOptions {
  readonly integration?: string
  readonly state?: string
  readonly story?: string
  readonly limit?: string
  readonly json?: boolean
}

export async function listDeliveries(options: DeliveryOptions): Promise<void> {
  await withStore(options, async (store, config) => {
    if (options.integration !== undefined) await integrationKept(store, config, options.integration)
    const deliveries = await store.deliveries({
      ...(options.integration === undefined ? {} : { integration: options.integration }),
      ...(options.state === undefined ? {} : { state: stateOf(options.state) }),
      ...(options.story === undefined ? {} : { storyId: options.story }),
      limit: wholeNumber(options.limit ?? '50', '--limit'),
    })
    list(deliveries, options.json === true, line)
  })
}

export async function showDelivery(id: string, options: ConfigOptions): Promise<void> {
  await withStore(options, async (store) => {
    const found = await store.delivery(wholeNumber(id, 'ID'))
    if (found === null) throw new CommandFailed(`delivery ${id} does not exist`)
    print(JSON.stringify(found, null, 2))
  })
}

/** @returns whether everything that was named is in the queue again */
export async function replayDeliveries(ids: readonly string[], options: DeliveryOptions): Promise<boolean> {
  const { state } = options
  if (ids.length === 0 && state !== 'dead' && state !== 'skipped')
    throw new UsageError('give the ids of deliveries, or --state dead or --state skipped for all of them')
  return await withStore(options, async (store, config) => {
    if (options.integration !== undefined) await integrationKept(store, config, options.integration)
    const choice =
      ids.length > 0
        ? { ids: ids.map((id) => wholeNumber(id, 'ID')) }
        : {
            state: state as 'dead' | 'skipped',
            ...(options.integration === undefined ? {} : { integration: options.integration }),
          }
    const put = await store.replay(choice, Date.now())
    print(`${put} put back into the queue`)
    if (ids.length <= put) return true
    print(`${ids.length - put} left alone: unknown, or still in the queue`)
    return false
  })
}

/** One that is in the config no more can have deliveries. @throws {CommandFailed} if it is neither here nor there */
async function integrationKept(store: Store, config: Config, name: string): Promise<void> {
  if ((await store.counts()).some(({ integration }) => integration === name)) return
  integrationNamed(config, name)
}

function line(delivery: Delivery): string {
  const { id, integration, state, effect, storyId, attempts, createdAt, note } = delivery
  const story = storyId === null ? '' : ` #${storyId}`
  const what = effect.kind === 'announce' ? effect.what : effect.kind === 'state' ? effect.state : effect.kind
  return visible(
    `${String(id).padStart(7)}  ${new Date(createdAt).toISOString()}  ${state.padEnd(10)} ${integration}  ${what}${story}  ${attempts}x  ${note ?? ''}`,
  )
}

function stateOf(word: string): DeliveryState {
  const found = DELIVERY_STATES.find((state) => state === word)
  if (found === undefined) throw new UsageError(`--state must be one of ${DELIVERY_STATES.join(', ')}, not "${word}"`)
  return found
}
