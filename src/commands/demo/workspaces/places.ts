import { GITHUB_TOKEN, startGitHub } from '../../../stand-ins/github.ts'
import { startJira } from '../../../stand-ins/jira.ts'
import { simplified, type Workflow } from '../../../stand-ins/jira-workflows.ts'
import { startSlack } from '../../../stand-ins/slack.ts'
import { risingClock } from '../rising-clock.ts'
import type { Received, RunningTarget, Target } from '../target.ts'

const IN_REVIEW = '10003'

/** What JIRA Cloud gives a new project, and a column for reviews. */
const WITH_REVIEW: Workflow = {
  statuses: [...simplified.statuses, { id: IN_REVIEW, name: 'In Review', category: 'indeterminate' }],
  actions: [...simplified.actions, { id: '41', name: 'In Review', from: null, to: IN_REVIEW }],
}

/** A channel of its own. A message tells its story by its name; the address, which it is a link to, says nothing more. */
export function slackFor(workspace: string, title: string, more: Partial<Target> = {}): Target {
  return {
    name: `${workspace}-slack`,
    title: `Slack, the channel of ${title}`,
    async start() {
      const standIn = await startSlack()
      return {
        standIn,
        settings: { type: 'slack', url: standIn.hook },
        received: () =>
          standIn.messages.map(({ shown }) => {
            const text = shown.replace(/ https:\/\/[^\s"]+/, '')
            return { key: null, place: 'Slack', subject: null, text }
          }),
      }
    },
    ...more,
  }
}

/** @param tickets the status that each must have in the end */
export function jiraFor(
  workspace: string,
  title: string,
  tickets: Readonly<Record<string, string>>,
  more: Partial<Target> = {},
): Target {
  return {
    name: `${workspace}-jira`,
    title: `JIRA, tickets of ${title}`,
    stateWords: { started: 'In Progress', delivered: 'In Review', accepted: 'Done', rejected: 'In Progress' },
    start: () => startCloud(Object.keys(tickets)),
    tickets,
    ...more,
  }
}

async function startCloud(keys: readonly string[]): Promise<RunningTarget> {
  const standIn = await startJira({ now: risingClock(), deployment: 'Cloud', workflow: WITH_REVIEW })
  const [user] = standIn.users
  for (const key of keys) standIn.add(key)
  return {
    standIn,
    settings: {
      type: 'jira',
      base_url: standIn.url,
      api_username: user?.login,
      api_password: user?.password,
      states: {
        started: { status: 'In Progress' },
        delivered: { status: 'In Review' },
        rejected: { status: 'In Progress' },
      },
    },
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

/** @param inTheEnd what its timeline shows last */
export function gitHubFor(
  workspace: string,
  title: string,
  issue: number,
  inTheEnd: string,
  more: Partial<Target> = {},
): Target {
  return {
    name: `${workspace}-github`,
    title: `GitHub, issues of ${title}`,
    stateWords: { accepted: 'closed as completed' },
    async start() {
      const standIn = await startGitHub({ now: risingClock(1000) })
      standIn.addIssue({ number: issue })
      const { comments, events } = standIn.issue(issue)
      return {
        standIn,
        settings: { type: 'github', base_url: standIn.url, repository: 'starfleet/enterprise', token: GITHUB_TOKEN },
        received: () =>
          [
            ...comments.map(({ createdAt, body }) => ({ at: createdAt, ...inTicket(String(issue), body) })),
            ...events.map(({ at, what }) => ({ at, ...inTicket(String(issue), what) })),
          ].sort((one, other) => Date.parse(one.at) - Date.parse(other.at)),
        tickets: () => ({ [issue]: events.at(-1)?.what ?? 'open' }),
      }
    },
    tickets: { [issue]: inTheEnd },
    ...more,
  }
}

function inTicket(ticket: string, text: string): Received {
  return { key: null, place: ticket, subject: ticket, text }
}

function statusName(id: string): string {
  return WITH_REVIEW.statuses.find((status) => status.id === id)?.name ?? id
}
