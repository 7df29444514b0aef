import { randomBytes } from 'node:crypto'
import { parseActivity } from '../src/tracker/parse.ts'
import { bug, standardUsers, startBugzilla } from '../test/targets/bugzilla.ts'
import { jamesToken, startCampfire } from '../test/targets/campfire.ts'
import { relayUser, startJira } from '../test/targets/jira.ts'
import { classic } from '../test/targets/jira-workflows.ts'
import { startLighthouse } from '../test/targets/lighthouse.ts'
import { benderKey, startOnceCampfire } from '../test/targets/once-campfire.ts'
import type { StandIn } from '../test/targets/stand-in.ts'
import { startWebhookReceiver } from '../test/targets/webhook-receiver.ts'
import { agent, apiToken, startZendesk } from '../test/targets/zendesk.ts'

/** Something that a target has taken, in the order in which it took it. */
export interface Received {
  /** The delivery's key, where the target is told it. */
  readonly key: string | null
  /** The room, the ticket. */
  readonly place: string
  /** "#109" for the story that the words name, or the ticket that they were put into. */
  readonly subject: string
  readonly text: string
}

/** A stand-in that listens, and the settings of the integration that delivers to it. */
export interface RunningTarget {
  readonly standIn: Pick<StandIn, 'url' | 'down' | 'fault' | 'close'>
  readonly settings: Readonly<Record<string, unknown>>
  received(): readonly Received[]
}

export interface Target {
  /** Of the integration in the config. */
  readonly name: string
  readonly title: string
  start(): Promise<RunningTarget>
  /** Makes it fail for a while; what is told of it. */
  stumble?(running: RunningTarget): string
  /** What a story's state is called here, where that is another word. */
  readonly stateWords?: Readonly<Record<string, string>>
  /** What is also read here when a ticket passes through a state on its way to another one. */
  readonly onTheWay?: string
}

const JIRA_STATES = { started: 'In Progress', accepted: 'Resolved', rejected: 'Reopened', unstarted: 'Open' }

/** Everything that the demo delivers to; another connector is another entry. */
export const TARGETS: readonly Target[] = [
  {
    name: 'campfire',
    title: 'Campfire (classic)',
    async start() {
      const standIn = await startCampfire()
      return {
        standIn,
        settings: { type: 'campfire', base_url: standIn.url, api_token: jamesToken, room_id: 42 },
        received: () => standIn.messages(42).map(({ body }) => said('Bridge', body ?? '')),
      }
    },
    stumble({ standIn }) {
      standIn.fault({ status: 503, headers: { 'content-type': 'text/html' }, body: 'Over capacity' }, { times: 2 })
      standIn.fault('reset', { times: 2 })
      standIn.fault('lose the answer', { times: 1, where: ({ path }) => path.endsWith('/speak.json') })
      return 'answers 503 twice, cuts the connection twice, takes a message and loses the answer, then works'
    },
  },
  {
    name: 'once-campfire',
    title: 'ONCE Campfire',
    async start() {
      const standIn = await startOnceCampfire()
      return {
        standIn,
        settings: { type: 'campfire', url: `${standIn.url}/rooms/1`, bot_key: benderKey },
        received: () => standIn.messages(1).map(({ plainText }) => said('Bridge', plainText)),
      }
    },
  },
  {
    name: 'webhook',
    title: 'Web hook, payload: activity',
    async start() {
      const secret = `whsec_${randomBytes(32).toString('base64')}`
      const { standIn, url, accepted } = await startWebhookReceiver({ secret })
      return {
        standIn,
        settings: { type: 'webhook', url, secret },
        received: () =>
          accepted.map(({ id, body }) => {
            const { type, data } = JSON.parse(body) as { type: string; data: { description: string } }
            return { key: id, place: type, subject: '', text: data.description }
          }),
      }
    },
  },
  {
    name: 'webhook-raw',
    title: 'Web hook, payload: raw',
    async start() {
      const secret = randomBytes(24).toString('hex')
      const contentType = ['application/xml', 'application/json']
      const { standIn, url, accepted } = await startWebhookReceiver({ secret, contentType })
      return {
        standIn,
        settings: { type: 'webhook', url, secret, payload: 'raw' },
        received: () =>
          accepted.map(({ id, contentType: place, body }) => {
            const { description } = parseActivity(Buffer.from(body))
            return { key: id, place, subject: '', text: description }
          }),
      }
    },
  },
  {
    name: 'jira',
    title: 'JIRA',
    stateWords: JIRA_STATES,
    onTheWay: 'moved to Reopened',
    start: () => startJiraWith(['TEST-1280'], {}),
  },
  {
    name: 'jira-engine',
    title: 'another JIRA, told apart by integration_id',
    stateWords: JIRA_STATES,
    onTheWay: 'moved to Reopened',
    start: () => startJiraWith(['TEST-1281', 'TEST-1290'], { integration_id: 33 }),
  },
  {
    name: 'lighthouse',
    title: 'Lighthouse',
    stateWords: { started: 'open', accepted: 'resolved', rejected: 'open' },
    async start() {
      const standIn = await startLighthouse({ projects: [{ id: 100, members: [1, 2] }] })
      standIn.addTicket({ number: 43, project_id: 100 })
      const token = '0123456789abcdef0123456789abcdef01234567'
      return {
        standIn,
        settings: {
          type: 'lighthouse',
          account: 'enterprise',
          base_url: standIn.url,
          token,
          external_project_id: 100,
          request_interval_seconds: 0,
        },
        received: () =>
          standIn.tickets.flatMap(({ number, versions }) =>
            versions.slice(1).map(({ body, state }) => inTicket(String(number), body ?? `moved to ${state}`)),
          ),
      }
    },
  },
  {
    name: 'zendesk',
    title: 'Zendesk',
    async start() {
      const standIn = await startZendesk({ tickets: [{ id: 2112 }, { id: 2113 }] })
      return {
        standIn,
        settings: { type: 'zendesk', url: standIn.url, user_email: agent.email, api_token: apiToken },
        received: () =>
          [...standIn.tickets.keys()].flatMap((id) =>
            standIn.comments(id).map(({ plainBody }) => inTicket(String(id), plainBody)),
          ),
      }
    },
  },
  {
    name: 'bugzilla',
    title: 'Bugzilla 5.2',
    async start() {
      const standIn = await startBugzilla({ bugs: [bug(431)] })
      return {
        standIn,
        settings: { type: 'bugzilla', url: standIn.url, api_key: standardUsers[0]?.apiKeys[0] },
        received: () => standIn.comments(431).map(({ text }) => inTicket('431', text)),
      }
    },
  },
]

async function startJiraWith(keys: readonly string[], settings: object): Promise<RunningTarget> {
  const standIn = await startJira({ now: risingClock() })
  for (const key of keys) standIn.add(key)
  return {
    standIn,
    settings: {
      type: 'jira',
      base_url: standIn.url,
      personal_access_token: relayUser().personalAccessToken,
      ...settings,
    },
    received: () =>
      [...standIn.tickets.values()]
        .flatMap(({ key, comments, history }) => [
          ...comments.map(({ created, body }) => ({ at: created, ...inTicket(key, body) })),
          ...history.map(({ at, to }) => ({ at, ...inTicket(key, `moved to ${statusName(to)}`) })),
        ])
        .sort((one, other) => one.at.getTime() - other.at.getTime()),
  }
}

/** A message in a room tells its story by the link in it. */
function said(place: string, text: string): Received {
  const [, story = ''] = /\/story\/show\/(\d+)/.exec(text) ?? []
  return { key: null, place, subject: `#${story}`, text }
}

function inTicket(ticket: string, text: string): Received {
  return { key: null, place: ticket, subject: ticket, text }
}

/** Never shows the same moment twice, so that what JIRA keeps in two lists can be put in order. */
function risingClock(): () => Date {
  let last = 0
  return () => {
    last = Math.max(Date.now(), last + 1)
    return new Date(last)
  }
}

function statusName(id: string): string {
  return classic.statuses.find((status) => status.id === id)?.name ?? id
}
