import { objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import type { AskMissed, MissedTime } from '../contract/source.ts'
import { changedSince } from '../kit/changed-since.ts'
import { type MissedEvent, missedAt, missedPages } from '../kit/missed-pages.ts'
import type { RestApi } from '../kit/rest-api.ts'
import { latestOf, timeIn } from '../kit/time-in.ts'

type Time = Pick<MissedTime, 'since' | 'until'>

const LIST = { sort: 'updated', direction: 'asc', per_page: '100' }
/** Of each list of a repository, at least: all that a busy one has in a week. */
const MOST = 10_000

/**
 * What GitHub's API tells of a time, in the form of its web hook: issues that are new, whether they were closed or reopened
 * last, and new comments. It does not tell of what was edited, labelled or deleted.
 */
export function missedInGitHub(api: RestApi, repositories: readonly string[]): AskMissed {
  return async function* missed({ since, until, atMost }) {
    const events: MissedEvent[] = []
    let upTo = until.getTime()
    for (const repository of repositories) {
      const found = await eventsOf(api, repository, { since, until, atMost })
      events.push(...found.events)
      upTo = Math.min(upTo, found.upTo ?? upTo)
    }
    yield* missedPages(events, upTo)
  }
}

async function eventsOf(api: RestApi, repository: string, { since, until, atMost }: MissedTime) {
  const time = { since, until }
  const path = `/repos/${repository}`
  const changed = (list: string, more: Readonly<Record<string, string>>) =>
    changedSince(
      (from) => {
        const query = typeof from === 'string' ? from : search({ ...LIST, ...more, since: seconds(from) })
        return api.list(`${path}/${list}`, query)
      },
      since,
      Math.max(MOST, atMost),
    )
  const issues = await changed('issues', { state: 'all' })
  // Its comments are younger than what was told of an issue, so one that has just come has its issue all the same.
  const comments = await changed('issues/comments', {})
  const known = new Map(issues.values.map((issue) => [textOf(issue.number), issue] as const))
  const events: MissedEvent[] = []
  for (const issue of issues.values)
    if (!isPullRequest(issue))
      events.push(...opened(issue, repository, time), ...(await moved(api, issue, repository, time)))
  for (const comment of comments.values) {
    // Of those that were edited only now, no issue is looked up.
    if (!isIn(comment.created_at, time) || isOnPullRequest(comment)) continue
    const number = /\/issues\/(\d+)$/.exec(textOf(comment.issue_url) ?? '')?.[1] ?? null
    if (number === null) continue
    const issue = known.get(number) ?? (await api.find(`${path}/issues/${number}`))
    if (issue === null || isPullRequest(issue)) continue
    known.set(number, issue)
    events.push(...commented(comment, issue, repository, time))
  }
  const ends = [issues.upTo, comments.upTo].filter((each) => each !== null)
  return { events, upTo: ends.length === 0 ? null : Math.min(...ends) }
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

function commented(comment: Values, issue: Values, repository: string, time: Time): MissedEvent[] {
  const { created_at, user } = comment
  const body = { ...eventOf('created', issue, repository, user), comment: { ...comment, updated_at: created_at } }
  return missedAt(created_at, body, time)
}

const eventOf = (action: string, issue: Values, repository: string, sender: unknown) => ({
  ...{ action, issue, repository: { full_name: repository }, sender: sender ?? null },
})

const isPullRequest = ({ pull_request }: Values): boolean => pull_request !== undefined && pull_request !== null

const isOnPullRequest = ({ html_url }: Values): boolean => /\/pull\/\d+#/.test(textOf(html_url) ?? '')

function isIn(when: unknown, { since, until }: Time): boolean {
  const at = timeIn(when)
  return at !== null && at >= since.getTime() && at <= until.getTime()
}

const search = (query: Readonly<Record<string, string>>): string => new URLSearchParams(query).toString()

const seconds = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z')
