import { objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import type { AskMissed, MissedTime } from '../contract/source.ts'
import { changedSince, inOneOrder } from '../kit/changed-since.ts'
import { type MissedEvent, missedAt, missedPages } from '../kit/missed-pages.ts'
import type { RestApi } from '../kit/rest-api.ts'
import { latestOf, timeIn } from '../kit/time-in.ts'

type Time = Pick<MissedTime, 'since' | 'until'>

const LIST = { state: 'all', sort: 'updated', direction: 'asc', per_page: '100' }

/**
 * What GitHub's API tells of a time, in the form of its web hook: issues that are new, whether they were closed or reopened
 * last, and new comments. It does not tell of what was edited, labelled or deleted.
 */
export function missedInGitHub(api: RestApi, repositories: readonly string[]): AskMissed {
  return async function* missed({ since, from, until }) {
    const changed = inOneOrder(repositories.map((repository) => changedIn(api, repository, from)))
    yield* missedPages(changed, ({ value, repository }) => eventsOf(api, value, repository, { since, until }), until)
  }
}

/** A new comment changes its issue too. */
async function* changedIn(api: RestApi, repository: string, since: Date) {
  const ask = (from: Date | string) =>
    api.list(`/repos/${repository}/issues`, typeof from === 'string' ? from : search({ ...LIST, since: seconds(from) }))
  for await (const each of changedSince(ask, since, 'updated_at')) yield { ...each, repository }
}

async function eventsOf(api: RestApi, issue: Values, repository: string, time: Time): Promise<MissedEvent[]> {
  if (isPullRequest(issue)) return []
  return [
    ...opened(issue, repository, time),
    ...(await moved(api, issue, repository, time)),
    ...(issue.comments === 0 ? [] : await commented(api, issue, repository, time)),
  ]
}

/** As its hook would have told it. */
function opened(issue: Values, repository: string, time: Time): MissedEvent[] {
  const { created_at, user } = issue
  const then = { ...issue, state: 'open', state_reason: null, closed_at: null, updated_at: created_at }
  return missedAt(created_at, eventOf('opened', then, repository, user), time)
}

async function moved(api: RestApi, issue: Values, repository: string, time: Time): Promise<MissedEvent[]> {
  const path = `/repos/${repository}/issues/${textOf(issue.number)}`
  const more = { unlessKnown: true } as const
  if (issue.state === 'closed') {
    const { closed_at } = issue
    if (!isIn(closed_at, time)) return []
    // Lists may leave out who closed it, and the relay's own account may be the one.
    const by = textOf(objectOf(issue.closed_by).login) === null ? (await api.find(path))?.closed_by : issue.closed_by
    return missedAt(closed_at, eventOf('closed', { ...issue, updated_at: closed_at }, repository, by), time, more)
  }
  if (issue.state_reason !== 'reopened') return []
  const events = await api.all(`${path}/events`, search({ per_page: '100' }))
  const last = latestOf(events.filter(({ event }) => event === 'reopened'))
  if (last === null) return []
  const { created_at, actor } = last
  return missedAt(created_at, eventOf('reopened', { ...issue, updated_at: created_at }, repository, actor), time, more)
}

async function commented(api: RestApi, issue: Values, repository: string, time: Time): Promise<MissedEvent[]> {
  const query = search({ since: seconds(time.since), per_page: '100' })
  const comments = await api.all(`/repos/${repository}/issues/${textOf(issue.number)}/comments`, query)
  return comments.flatMap((comment) => {
    const { created_at, user } = comment
    const body = { ...eventOf('created', issue, repository, user), comment: { ...comment, updated_at: created_at } }
    return missedAt(created_at, body, time)
  })
}

const eventOf = (action: string, issue: Values, repository: string, sender: unknown) => ({
  ...{ action, issue, repository: { full_name: repository }, sender: sender ?? null },
})

const isPullRequest = ({ pull_request }: Values): boolean => pull_request !== undefined && pull_request !== null

function isIn(when: unknown, { since, until }: Time): boolean {
  const at = timeIn(when)
  return at !== null && at >= since.getTime() && at <= until.getTime()
}

const search = (query: Readonly<Record<string, string>>): string => new URLSearchParams(query).toString()

const seconds = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z')
