import { DELIVERY_STATES, type Delivery, type DeliveryState } from '../store/delivery.ts'
import { plain, print, wholeNumber, withStore } from './environment.ts'
import { UsageError } from './usage-error.ts'

export interface DeliveryOptions {
  readonly config?: string
  readonly integration?: string
  readonly state?: string
  readonly story?: string
  readonly limit?: string
  readonly json?: boolean
}

/** `relay deliveries list`: the newest first. */
export async function listDeliveries(options: DeliveryOptions): Promise<void> {
  await withStore(options.config, async (store) => {
    const deliveries = await store.deliveries({
      ...(options.integration === undefined ? {} : { integration: options.integration }),
      ...(options.state === undefined ? {} : { state: stateOf(options.state) }),
      ...(options.story === undefined ? {} : { storyId: options.story }),
      limit: wholeNumber(options.limit ?? '50', '--limit'),
    })
    for (const delivery of deliveries) print(options.json === true ? JSON.stringify(delivery) : line(delivery))
  })
}

/** `relay deliveries show ID`: one delivery with everything that was sent and answered, secrets removed. */
export async function showDelivery(id: string, options: { config?: string }): Promise<void> {
  await withStore(options.config, async (store) => {
    const found = await store.delivery(wholeNumber(id, 'ID'))
    if (found === null) throw new UsageError(`there is no delivery ${id}`)
    print(JSON.stringify(found, null, 2))
  })
}

/** `relay deliveries replay`: settled deliveries are put back into the queue; a running relay carries them out. */
export async function replayDeliveries(ids: readonly string[], options: DeliveryOptions): Promise<void> {
  const { state } = options
  if (ids.length === 0 && state !== 'dead' && state !== 'skipped')
    throw new UsageError('name deliveries by their ids, or all of a kind with --state dead or --state skipped')
  await withStore(options.config, async (store) => {
    const choice =
      ids.length > 0
        ? { ids: ids.map((id) => wholeNumber(id, 'ID')) }
        : {
            state: state as 'dead' | 'skipped',
            ...(options.integration === undefined ? {} : { integration: options.integration }),
          }
    const put = await store.replay(choice, Date.now())
    print(`${put} put back into the queue`)
    if (ids.length > put) print(`${ids.length - put} left alone: unknown, or still in the queue`)
  })
}

function line(delivery: Delivery): string {
  const { id, integration, state, effect, storyId, attempts, createdAt, note } = delivery
  const story = storyId === null ? '' : ` #${storyId}`
  const what = effect.kind === 'announce' ? effect.what : effect.kind === 'state' ? effect.state : effect.kind
  return plain(
    `${String(id).padStart(7)}  ${new Date(createdAt).toISOString()}  ${state.padEnd(10)} ${integration}  ${what}${story}  ${attempts}x  ${note ?? ''}`,
  )
}

function stateOf(word: string): DeliveryState {
  const found = DELIVERY_STATES.find((state) => state === word)
  if (found === undefined) throw new UsageError(`"${word}" is no state; there are: ${DELIVERY_STATES.join(', ')}`)
  return found
}
