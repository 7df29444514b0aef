import type { Trouble } from './network.ts'
import { randomOf } from './random.ts'
import { createReceiver } from './targets/receiver.ts'
import { createRoom } from './targets/room.ts'
import type { Target } from './targets/target.ts'
import { createTickets, type Properties } from './targets/tickets.ts'
import { createTimeline } from './targets/timeline.ts'
import { createIssues } from './targets/tracker-of-issues.ts'

/**
 * The targets of a world: tickets, one place where all is said, and a web hook. Each is the host of an integration of the
 * same name. A seed plays another story with another cast.
 */
export interface Cast {
  readonly hosts: readonly string[]
  /** Where all is said, so that others wait for what is in doubt. */
  readonly place: string
  /** The settings of each integration, as YAML, beside those that all have. */
  settings(seed: number): Readonly<Record<string, string>>
  open(world: OpenedWorld): Opened
  /** Whether the target can be asked what it has, without end. */
  canBeAsked(host: string, world: AskedWorld): boolean
}

interface OpenedWorld {
  readonly seed: number
  /** How many of the latest messages of a room can be read. */
  readonly visible: number
}

export interface Opened {
  readonly targets: readonly Target[]
  /** In the place where all is said, so much is said by others. */
  chat(messages: number, at: number): void
}

interface AskedWorld extends Pick<OpenedWorld, 'visible'> {
  readonly troubles: readonly { readonly host: string; readonly trouble: Trouble }[]
}

/** Tracker's id of the integration that stories are linked through. */
export const LINKED_THROUGH = '77'
const LABELS = '{ started: doing, finished: done, delivered: review, rejected: again, accepted: shipped }'
const HOOK = 'type: webhook, url: "http://hook/take"'

/** While it answers so, an account on Mastodon cannot be searched, and is posted to again. */
const UNREADABLE: readonly Trouble[] = ['rejects the login', 'forbids']

/** How a comment of JIRA is found again. */
const MARKS: readonly { readonly isVisible: boolean; readonly properties: Properties }[] = [
  { isVisible: true, properties: 'dropped' },
  { isVisible: false, properties: 'kept' },
  { isVisible: false, properties: 'dropped' },
]
const markOf = (seed: number) => randomOf(seed, 'marks').pick(MARKS)

export const CASTS = {
  gitlab: {
    hosts: ['issues', 'room', 'hook'],
    place: 'room',
    settings: () => ({
      issues: `type: gitlab, base_url: "http://issues", project: starfleet/enterprise, token: secret-token-of-gitlab, integration_id: "${LINKED_THROUGH}", labels: ${LABELS}`,
      room: 'type: campfire, url: "http://room/rooms/1", bot_key: 2-AbCdEf123456',
      hook: HOOK,
    }),
    open({ visible }) {
      const room = createRoom('room', visible)
      return { targets: [createIssues('issues'), room, createReceiver('hook')], chat: room.chat }
    },
    canBeAsked: (host, { visible }) => host === 'issues' || (host === 'room' && visible === Number.POSITIVE_INFINITY),
  },
  jira: {
    hosts: ['tickets', 'timeline', 'hook'],
    place: 'timeline',
    settings: (seed) => ({
      tickets: `type: jira, base_url: "http://tickets", personal_access_token: NjUwMjE5MTk3NTY3Oq-pat, integration_id: "${LINKED_THROUGH}", visible_marker: ${markOf(seed).isVisible}`,
      timeline: 'type: mastodon, base_url: "http://timeline", access_token: secret-token-of-mastodon',
      hook: HOOK,
    }),
    open({ seed }) {
      const timeline = createTimeline('timeline')
      const tickets = createTickets('tickets', markOf(seed).properties)
      return { targets: [tickets, timeline, createReceiver('hook')], chat: timeline.chat }
    },
    canBeAsked: (asked, { troubles }) =>
      asked === 'tickets' ||
      (asked === 'timeline' && !troubles.some(({ host, trouble }) => host === asked && UNREADABLE.includes(trouble))),
  },
} as const satisfies Readonly<Record<string, Cast>>
export type CastName = keyof typeof CASTS
