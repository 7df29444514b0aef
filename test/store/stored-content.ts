import type { Delivery } from '../../src/store/delivery.ts'
import { sealedCredentials } from '../../src/store/sealed-credentials.ts'
import type { Store } from '../../src/store/store.ts'

/** Everything that a store tells of what is in it, as JSON. */
export type StoredContent = Awaited<ReturnType<typeof storedContent>>

const MOST = 10_000

/**
 * @param keys the config's credentials.keys
 * @param days of which integration, and which day, it is asked how many were sent
 */
export async function storedContent(
  store: Store,
  keys: readonly string[],
  days: readonly { readonly integration: string; readonly day: string }[],
) {
  const listed = (await store.deliveries({ limit: MOST })).reverse()
  const deliveries = []
  const activities = new Map<number, { raw: string; contentType: string | null }>()
  for (const delivery of listed) {
    const shown = await store.delivery(delivery.id)
    deliveries.push({ delivery, attempts: shown?.attempts ?? [], background: await backgroundOf(store, delivery) })
    const { raw, contentType } = await store.storedActivity(delivery.activityId)
    activities.set(delivery.activityId, { raw: raw.toString(), contentType })
  }
  const links = await store.links({ limit: MOST })
  const found = []
  for (const { projectId, storyId } of links) found.push(await store.link(projectId, storyId))
  const rejected = []
  for (const id of await store.rejectedIds(null)) {
    const request = await store.rejectedRequest(id)
    rejected.push({ ...request, body: request?.body.toString() })
  }
  const sealed = sealedCredentials(store, keys, () => 0)
  const credentials = []
  for (const name of await store.sealedNames()) credentials.push({ name, value: await sealed?.load(name) })
  const sent = []
  for (const each of days) sent.push({ ...each, count: await store.sentOn(each.integration, each.day) })
  const states = await store.integrationStates()
  return {
    deliveries,
    activities: [...activities].map(([id, activity]) => ({ id, ...activity })),
    links: found,
    linkedTickets: await store.linkedTickets(links.flatMap(({ externalId }) => externalId ?? [])),
    integrationStates: states.sort((one, other) => (one.integration < other.integration ? -1 : 1)),
    rejected,
    credentials,
    sent,
    counts: await store.counts(),
  }
}

/** When its activity happened, and what is known about its story. */
async function backgroundOf(store: Store, { activityId, projectId, storyId }: Delivery) {
  const activity = await store.activity(activityId)
  const [story] = storyId === null ? [] : await store.storyNames(projectId, [storyId])
  return { occurredAt: activity?.occurredAt, name: story?.name ?? null }
}
