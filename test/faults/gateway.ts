import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Campfire, jamesToken, startCampfire } from '../../src/stand-ins/campfire.ts'
import { type JiraStandIn, relayUser, startJira } from '../targets/jira.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../targets/webhook-receiver.ts'
import { ticketKey } from './tracker-sender.ts'

/**
 * A web hook, which cannot be asked what it has got, a Campfire room, which can, and, if the stories have tickets, a JIRA;
 * with a relay's config for them.
 */
export interface Gateway {
  readonly folder: string
  /** SQLite's file. */
  readonly database: string
  /** PostgreSQL's address; null: it is SQLite. */
  readonly databaseUrl: string | null
  readonly configPath: string
  readonly receiver: WebhookReceiver
  readonly campfire: Campfire
  readonly jira: JiraStandIn | null
  /** Where the relays, and the stories' links, have it. */
  readonly jiraUrl: string | null
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
  /** The stories that have a ticket at JIRA. */
  readonly tickets?: readonly string[]
  /** Instead of a file. */
  readonly databaseUrl?: string | null
  /** Five seconds more, and a PostgreSQL that says nothing is taken for gone. */
  readonly statementTimeoutSeconds?: number
  /** Instead of a file in the gateway's folder. */
  readonly database?: string
  /** The receiver of the web hook takes any time for a signature's: the relays' clocks are off. */
  readonly anyTime?: boolean
  readonly stopTimeoutSeconds?: number
  /** Where the relays reach JIRA, if something stands before it. */
  readonly beforeJira?: (jira: JiraStandIn) => Promise<string>
}

const SIGNING_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const ROOM_ID = 42

export async function startGateway(
  t: { teardown(work: () => Promise<void>): void },
  folder: string,
  options: GatewayOptions,
): Promise<Gateway> {
  const { concurrency, timeoutSeconds = 60, hookUrl, tickets, databaseUrl = null } = options
  const receiver = await startWebhookReceiver({
    secret: SIGNING_SECRET,
    ...(options.anyTime === true ? { toleranceMs: Number.POSITIVE_INFINITY } : {}),
  })
  t.teardown(() => receiver.close())
  // What a room's limit does is another test's matter.
  const campfire = await startCampfire({ rateLimit: { requests: 1_000_000, windowMs: 10_000 } })
  t.teardown(() => campfire.close())
  const jira = tickets === undefined ? null : await startJira()
  if (jira !== null) t.teardown(() => jira.close())
  for (const storyId of tickets ?? []) jira?.add(ticketKey(storyId))
  const jiraUrl = jira === null ? null : ((await options.beforeJira?.(jira)) ?? jira.url)
  const database = options.database ?? join(folder, 'relay.db')
  const configPath = join(folder, 'relay.yaml')
  const pace = {
    concurrency,
    timeout_seconds: timeoutSeconds,
    retry: { schedule_seconds: Array.from({ length: 50 }, () => 1) },
    breaker: { probe_seconds: [1] },
  }
  const config = {
    server: {
      port: 0,
      rate_limit: { enabled: false },
      stop_timeout_seconds: options.stopTimeoutSeconds ?? 20,
    },
    database:
      databaseUrl === null
        ? { file: database }
        : { client: 'postgres', url: databaseUrl, statement_timeout_seconds: options.statementTimeoutSeconds ?? 25 },
    imports: { folder: join(folder, 'imports') },
    log: { level: 'silent' },
    projects: [
      { id: '26', secret: 'faults-secret', integrations: ['hook', 'room', ...(jira === null ? [] : ['tickets'])] },
    ],
    integrations: {
      hook: { type: 'webhook', url: hookUrl ?? receiver.url, secret: SIGNING_SECRET, ...pace },
      room: {
        ...{ type: 'campfire', base_url: campfire.url, api_token: jamesToken, room_id: ROOM_ID },
        publish_story_state_changes: false,
        ...pace,
      },
      ...(jiraUrl === null ? {} : { tickets: { ...ticketSettings(jiraUrl), ...pace } }),
    },
  }
  // JSON is YAML.
  writeFileSync(configPath, JSON.stringify(config, null, 2))
  return {
    folder,
    database,
    databaseUrl,
    configPath,
    receiver,
    campfire,
    jira,
    jiraUrl,
    hook: '/hooks/26/faults-secret',
  }
}

/** Each state is to be seen in a ticket's history, also after an outage. */
function ticketSettings(url: string): object {
  const { personalAccessToken } = relayUser()
  return { type: 'jira', base_url: url, personal_access_token: personalAccessToken, coalesce_states: false }
}

/** The numbers of the activities that each story's people have heard of, in order. */
export type ByStory = Readonly<Record<string, readonly number[]>>

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
