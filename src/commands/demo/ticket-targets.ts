import { randomBytes } from 'node:crypto'
import { bug, startBugzilla } from '../../stand-ins/bugzilla.ts'
import { GITLAB_TOKEN, startGitLab } from '../../stand-ins/gitlab.ts'
import { relayUser, startJira } from '../../stand-ins/jira.ts'
import type { FoundTicket } from '../../stand-ins/jira-search.ts'
import { classic } from '../../stand-ins/jira-workflows.ts'
import { startLighthouse } from '../../stand-ins/lighthouse.ts'
import { agent, apiToken, startZendesk } from '../../stand-ins/zendesk.ts'
import { risingClock } from './rising-clock.ts'
import type { Received, RunningTarget, Target } from './target.ts'

const POINTS = 'customfield_10016'

/** What the saved filter of JIRA finds. */
const FOUND: readonly FoundTicket[] = [
  found(1280, 'Bug', 'Pavel Chekov', 'Phasers overheat in training'),
  found(1281, 'Story', 'Janice Rand', 'Name the shuttles & their pods', 2),
  found(1282, 'Bug', 'Pavel Chekov', 'Torpedo tube 2 jams'),
  found(1283, 'Improvement', 'Hikaru Sulu', 'Show <warp> factors with two digits', 1),
  found(1284, 'Task', 'Nyota Uhura', 'Clean the universal translator'),
]

const JIRA_STATES = { started: 'In Progress', accepted: 'Resolved', rejected: 'Reopened', unstarted: 'Open' }

/** The systems that stories are linked to. Tracker's id of each integration is the one in the recorded activities. */
export const TICKET_TARGETS: readonly Target[] = [
  {
    name: 'jira',
    title: 'JIRA',
    stateWords: JIRA_STATES,
    onTheWay: 'moved to Reopened',
    start: () => startJiraWith(['TEST-1280', 'TEST-1282'], 7, FOUND),
    incidents: [
      {
        before: 'jira_comment_on_the_cause',
        told: 'goes down for maintenance',
        happen: ({ standIn }) =>
          standIn.down({ status: 503, headers: { 'content-type': 'text/html' }, body: 'Down for maintenance' }),
        end: {
          after: 'jira_story_accepted',
          told: 'is back',
          happen: ({ standIn }) => standIn.down(null),
        },
      },
    ],
    exceptions: {
      jira_story_delivered: 'superseded',
      jira_story_accepted_at_first: 'superseded',
      jira_story_restarted: 'superseded',
    },
    troubles: { held: 1 },
    tickets: { 'TEST-1280': 'In Progress', 'TEST-1282': 'Resolved' },
    // The story of TEST-1280 is deleted in the course of the day, and so the ticket may become one again.
    panel: { shown: ['TEST-1280', 'TEST-1281', 'TEST-1283', 'TEST-1284'], linked: ['TEST-1282'] },
  },
  {
    name: 'jira-engine',
    title: 'another JIRA, told apart by integration_id',
    stateWords: JIRA_STATES,
    onTheWay: 'moved to Reopened',
    start: () => startJiraWith(['TEST-1281', 'TEST-1290'], 33),
    tickets: { 'TEST-1281': 'In Progress', 'TEST-1290': 'Open' },
  },
  {
    name: 'lighthouse',
    title: 'Lighthouse',
    stateWords: { started: 'open', accepted: 'resolved', rejected: 'open' },
    async start() {
      const standIn = await startLighthouse({ projects: [{ id: 100, members: [1, 2] }] })
      for (const number of [43, 44]) standIn.addTicket({ number, project_id: 100 })
      const token = '0123456789abcdef0123456789abcdef01234567'
      return {
        standIn,
        settings: {
          type: 'lighthouse',
          account: 'enterprise',
          base_url: standIn.url,
          token,
          external_project_id: 100,
          integration_id: 8,
          request_interval_seconds: 0,
        },
        received: () =>
          standIn.tickets.flatMap(({ number, versions }) =>
            versions.slice(1).map(({ body, state }) => inTicket(String(number), body ?? `moved to ${state}`)),
          ),
        tickets: () => Object.fromEntries(standIn.tickets.map(({ number, state }) => [number, state])),
        deleteTicket: (ticket) => standIn.deleteTicket(Number(ticket)),
      }
    },
    stumble({ standIn }) {
      standIn.fault('lose the answer', { where: ({ method }) => method === 'PUT' })
      return 'writes the first change down, but its answer is lost on the way'
    },
    incidents: [
      {
        before: 'gone_story_started',
        told: 'loses ticket 44, which is spam: somebody deletes it',
        happen: ({ deleteTicket }) => deleteTicket?.('44'),
      },
    ],
    exceptions: { gone_story_started: 'dead', gone_story_commented: 'dead' },
    troubles: { found: 1 },
    tickets: { 43: 'resolved' },
  },
  {
    name: 'gitlab',
    title: 'GitLab',
    stateWords: { started: '+workflow::doing', accepted: 'closed -workflow::doing' },
    async start() {
      const projects = [{ id: 42, path: 'starfleet/enterprise', members: { 7: 30 } }]
      const standIn = await startGitLab({ projects, now: risingClock() })
      standIn.addIssue({ iid: 61, labels: ['replicator'] })
      return {
        standIn,
        settings: {
          type: 'gitlab',
          base_url: standIn.address,
          project: 'starfleet/enterprise',
          token: GITLAB_TOKEN,
          integration_id: 13,
          labels: { started: 'workflow::doing' },
        },
        received: () => {
          const { notes, events } = standIn.issue(61)
          return [
            ...notes.map(({ createdAt, body }) => ({ at: createdAt, ...inTicket('61', body) })),
            ...events.map(({ at, what }) => ({ at, ...inTicket('61', `changed: ${what}`) })),
          ].sort((one, other) => one.at.localeCompare(other.at))
        },
        tickets: () => Object.fromEntries(standIn.issues.map(({ iid, state, labels }) => [iid, `${state}, ${labels}`])),
      }
    },
    tickets: { 61: 'closed, replicator' },
  },
  {
    name: 'zendesk',
    title: 'Zendesk',
    marked: 'private',
    async start() {
      const standIn = await startZendesk({ tickets: [{ id: 2112 }, { id: 2113 }] })
      return {
        standIn,
        settings: {
          type: 'zendesk',
          url: standIn.url,
          user_email: agent.email,
          api_token: apiToken,
          integration_id: 9,
        },
        received: () =>
          [...standIn.tickets.keys()].flatMap((id) =>
            standIn
              .comments(id)
              .map((comment) => inTicket(String(id), `${seenBy(!comment.public)}: ${comment.plainBody}`)),
          ),
        tickets: () => Object.fromEntries([...standIn.tickets.values()].map(({ id, status }) => [id, status])),
      }
    },
    stumble({ standIn }) {
      const body = 'Number of allowed API requests per minute exceeded'
      const headers = { 'content-type': 'text/plain', 'retry-after': '2', 'ratelimit-remaining': '0' }
      standIn.fault({ status: 429, headers, body }, { where: ({ method }) => method === 'PUT' })
      return 'has had enough for now: it answers 429 once, Retry-After: 2'
    },
    troubles: { held: 1 },
    tickets: { 2112: 'new', 2113: 'open' },
  },
  {
    name: 'bugzilla',
    title: 'Bugzilla 5.2, comments_private',
    marked: 'private',
    async start() {
      const insider = {
        id: 5,
        login: 'relay@enterprise.example',
        password: 'not used: it has a key',
        apiKeys: ['q7RelayInsiderKey'],
        groups: ['editbugs', 'insiders'],
      }
      const standIn = await startBugzilla({ bugs: [bug(431)], users: [insider], insiderGroup: 'insiders' })
      return {
        standIn,
        settings: {
          type: 'bugzilla',
          url: standIn.url,
          api_key: insider.apiKeys[0],
          integration_id: 10,
          comments_private: true,
          // The workflow leads to VERIFIED only from RESOLVED.
          map_status: {
            started: { status: 'IN_PROGRESS' },
            delivered: { status: 'VERIFIED', resolution: 'FIXED' },
            accepted: { status: 'RESOLVED', resolution: 'FIXED' },
          },
        },
        received: () =>
          standIn.comments(431).map(({ text, isPrivate }) => inTicket('431', `${seenBy(isPrivate)}: ${text}`)),
        tickets: () =>
          Object.fromEntries(
            [...standIn.bugs.values()].map(({ id, status, resolution }) => [id, `${status} ${resolution}`.trim()]),
          ),
      }
    },
    exceptions: { bugzilla_story_delivered: 'in part' },
    tickets: { 431: 'RESOLVED FIXED' },
  },
]

/** @param finds what the saved filter finds, for the import panel; without it no ticket is shown there */
async function startJiraWith(
  keys: readonly string[],
  integrationId: number,
  finds: readonly FoundTicket[] = [],
): Promise<RunningTarget> {
  const filter = { id: '10017', name: 'Open', jql: 'project = TEST ORDER BY key', finds: [...finds] }
  const fields = [
    { id: 'summary', name: 'Summary' },
    { id: POINTS, name: 'Story Points' },
  ]
  const standIn = await startJira({ now: risingClock(), filters: [filter], fields })
  const importLogin = { username: 'tracker', password: randomBytes(24).toString('hex') }
  const shown = { filter_id: filter.id, estimate_field: POINTS, import: importLogin }
  for (const key of keys) standIn.add(key)
  return {
    standIn,
    settings: {
      type: 'jira',
      base_url: standIn.url,
      personal_access_token: relayUser().personalAccessToken,
      integration_id: integrationId,
      ...(finds.length === 0 ? {} : shown),
    },
    ...(finds.length === 0 ? {} : { importLogin }),
    received: () =>
      [...standIn.tickets.values()]
        .flatMap(({ key, comments, history }) => [
          ...comments.map(({ created, body }) => ({ at: created, ...inTicket(key, body) })),
          ...history.map(({ at, to }) => ({ at, ...inTicket(key, `moved to ${statusName(to)}`) })),
        ])
        .sort((one, other) => one.at.getTime() - other.at.getTime()),
    tickets: () => Object.fromEntries([...standIn.tickets.keys()].map((key) => [key, standIn.statusOf(key)])),
  }
}

function found(number: number, type: string, reporter: string, summary: string, points?: number): FoundTicket {
  const fields = {
    summary,
    description: null,
    reporter: { displayName: reporter },
    created: '2009-12-14T09:00:00.000+0000',
    issuetype: { name: type },
    [POINTS]: points ?? null,
  }
  return { id: String(10_000 + number), key: `TEST-${number}`, fields }
}

function inTicket(ticket: string, text: string): Received {
  return { key: null, place: ticket, subject: ticket, text }
}

const seenBy = (isPrivate: boolean): string => (isPrivate ? 'private' : 'PUBLIC')

function statusName(id: string): string {
  return classic.statuses.find((status) => status.id === id)?.name ?? id
}
