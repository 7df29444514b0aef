import type { Ticket } from '../connectors/contract/connector.ts'
import type { OwnWrite } from '../connectors/contract/own-write.ts'
import type { NotLinked } from '../links/find.ts'
import type { Breaker } from '../store/breaker.ts'
import type { StoredActivity, Taken } from '../store/delivery.ts'
import { type InDigest, isForDigest } from '../store/digest.ts'
import type { KeptWords } from '../store/doubt.ts'
import type { StoredBody } from '../store/read-stored.ts'
import type { Activity } from '../tracker/activity.ts'
import type { Surroundings } from './carry-out.ts'
import type { Integration } from './integration.ts'
import { ended } from './lease.ts'
import { type StoryStates, superseded } from './supersession.ts'

export interface SurroundingsParts {
  readonly store: StoryStates & {
    keep(kept: KeptWords): Promise<boolean>
    foretellOwnWrite(write: { deliveryId: number; write: OwnWrite; at: number }): Promise<void>
    takeBackOwnWrite(deliveryId: number): Promise<void>
    receiptedIds(integration: string, ids: readonly string[]): Promise<readonly string[]>
    latestReceipt(integration: string, projectId: string, storyId: string): Promise<string | null>
    storedActivity(id: number): Promise<StoredActivity>
    makeDigest(head: Pick<Taken, 'id' | 'token' | 'integration'>): Promise<string | null>
    openInDigest(digest: string): Promise<readonly InDigest[]>
  }
  /** @throws {ParseError} */
  readActivity(id: number, stored: StoredBody): Activity
  storyUrl(delivery: Pick<Taken, 'projectId' | 'activityId'>, storyId: string): Promise<string>
  ticketOf(delivery: Taken, integration: Integration): Promise<Ticket | NotLinked>
  /** Whether a project follows what this type of integration writes to. */
  isFollowed(type: string): boolean
  now(): number
}

export function surroundingsOf(
  integration: Integration,
  parts: SurroundingsParts,
  breaker: () => Breaker,
): Surroundings {
  const { session, tickets, pace } = integration
  const { store } = parts
  return {
    session,
    ticketOf: tickets === null ? null : (delivery) => parts.ticketOf(delivery, integration),
    superseded: (delivery) =>
      superseded(delivery, { states: store, tickets, coalesce: pace.coalesce_states, breaker: breaker() }),
    async background(delivery) {
      const { storyId: id, projectId, occurredAt, storyName: name, storyType: type } = delivery
      const story = id === null ? null : { id, projectId, name, type, url: await parts.storyUrl(delivery, id) }
      const repeated = delivery.attempts > 1 && delivery.effect.kind === 'state'
      const overtaken = repeated && (await store.laterStatesDelivered(delivery)).length > 0
      return { story, occurredAt: new Date(occurredAt), overtaken }
    },
    async digest(delivery) {
      if (integration.digestAfter === null || !isForDigest(delivery)) return null
      const { id, token } = delivery
      const key = await store.makeDigest({ id, token, integration: integration.name })
      if (key === null) throw ended()
      const digest = await Promise.all(
        (await store.openInDigest(key)).map(async (each) => {
          const { effect, occurredAt, storyId, projectId, storyName: name, storyType: type } = each
          const story =
            storyId === null ? null : { id: storyId, projectId, name, type, url: await parts.storyUrl(each, storyId) }
          return { effect, story, occurredAt: new Date(occurredAt) }
        }),
      )
      return { key, digest }
    },
    keep: (delivery, words) => store.keep({ delivery, words, targetTime: integration.targetTime()?.getTime() ?? null }),
    get ownWrites() {
      if (!parts.isFollowed(integration.type)) return null
      return {
        foretell: ({ id: deliveryId }: Taken, write: OwnWrite) =>
          store.foretellOwnWrite({ deliveryId, write, at: integration.targetTime()?.getTime() ?? parts.now() }),
        takeBack: ({ id }: Taken) => store.takeBackOwnWrite(id),
      }
    },
    receipted: async (ids) => new Set(await store.receiptedIds(integration.name, ids)),
    latest: async ({ projectId, storyId }) =>
      storyId === null ? null : await store.latestReceipt(integration.name, projectId, storyId),
    async activity({ activityId, body }) {
      const stored = body ?? (await store.storedActivity(activityId))
      const { raw, contentType } = stored
      return { activity: parts.readActivity(activityId, stored), raw, contentType }
    },
  }
}
