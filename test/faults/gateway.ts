import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Campfire, jamesToken, startCampfire } from '../targets/campfire.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../targets/webhook-receiver.ts'
import type { Posted } from './tracker-sender.ts'

/** A web hook, which cannot be asked what it has got, and a Campfire room, which can, with a relay's config for both. */
export interface Gateway {
  readonly folder: string
  readonly database: string
  readonly configPath: string
  readonly receiver: WebhookReceiver
  readonly campfire: Campfire
  /** Where the project's activities are posted to. */
  readonly hook: string
}

export interface GatewayOptions {
  /** How many deliveries each integration carries out at once. */
  readonly concurrency: number
  /** How long a target may take over an answer. */
  readonly timeoutSeconds?: number
  /** Another receiver than the gateway's own. */
  readonly hookUrl?: string
}

const SIGNING_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const ROOM_ID = 42

export async function startGateway(
  t: { teardown(work: () => Promise<void>): void },
  folder: string,
  { concurrency, timeoutSeconds = 60, hookUrl }: GatewayOptions,
): Promise<Gateway> {
  const receiver = await startWebhookReceiver({ secret: SIGNING_SECRET })
  t.teardown(() => receiver.close())
  // What a room's limit does is another test's matter.
  const campfire = await startCampfire({ rateLimit: { requests: 1_000_000, windowMs: 10_000 } })
  t.teardown(() => campfire.close())
  const database = join(folder, 'relay.db')
  const configPath = join(folder, 'relay.yaml')
  const pace = {
    concurrency,
    timeout_seconds: timeoutSeconds,
    retry: { schedule_seconds: Array.from({ length: 50 }, () => 1) },
  }
  const config = {
    server: { port: 0, rate_limit: { enabled: false } },
    database: { file: database },
    log: { level: 'silent' },
    projects: [{ id: '26', secret: 'faults-secret', integrations: ['hook', 'room'] }],
    integrations: {
      hook: { type: 'webhook', url: hookUrl ?? receiver.url, secret: SIGNING_SECRET, ...pace },
      room: { type: 'campfire', base_url: campfire.url, api_token: jamesToken, room_id: ROOM_ID, ...pace },
    },
  }
  // JSON is YAML.
  writeFileSync(configPath, JSON.stringify(config, null, 2))
  return { folder, database, configPath, receiver, campfire, hook: '/hooks/26/faults-secret' }
}

/** The numbers of the activities that each story's people have heard of, in order. */
export type ByStory = Readonly<Record<string, readonly number[]>>

/** What the ledgers say must arrive. */
export function expected(ledgers: readonly (readonly Posted[])[], what: 'everything' | 'comments'): ByStory {
  const posts = ledgers.flat().filter((posted) => what === 'everything' || posted.what === 'comment')
  return byStory(posts.flatMap(({ number, storyIds }) => storyIds.map((storyId) => ({ storyId, number }))))
}

/** What the web hook's receiver took, each delivery once. */
export function receivedBy({ accepted }: WebhookReceiver): ByStory {
  return byStory(
    accepted.flatMap(({ body }) => {
      const { data } = JSON.parse(body) as { data: { version: number; stories: { id: string }[] } }
      return data.stories.map(({ id }) => ({ storyId: id, number: data.version }))
    }),
  )
}

/** What was said in the room, repetitions and all. */
export function saidIn(campfire: Campfire): ByStory {
  return byStory(
    campfire.messages(ROOM_ID).map(({ body }) => {
      const [, storyId = '', number] = /story #(\d+).*"comment (\d+)"/.exec(body ?? '') ?? []
      return { storyId, number: Number(number) }
    }),
  )
}

function byStory(happenings: readonly { storyId: string; number: number }[]): ByStory {
  const stories: Record<string, number[]> = {}
  for (const { storyId, number } of happenings) {
    const story = stories[storyId] ?? []
    stories[storyId] = story
    story.push(number)
  }
  return stories
}
