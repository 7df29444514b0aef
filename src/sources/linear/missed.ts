import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import type { AskMissed, Missed, MissedTime } from '../contract/source.ts'
import { timeIn } from '../kit/time-in.ts'

/** Asks a question of GraphQL, and returns its data. @throws {SourceApiError} */
export type Ask = (query: string, variables: object, maxBytes: number) => Promise<Values>

/** A page of these stays far below the 10,000 points that Linear allows a query. */
const PAGE = 25
const MOST_BYTES = 8 * 1024 * 1024
const YIELDED = 100
/** The history of an issue is written a moment before or after the issue. */
const SAME_MS = 2000

/** Sorted by `updatedAt` the newest comes first, so the last ones are the oldest; what changes meanwhile goes to the front. */
const list = (name: string, filter: string, fields: string): string =>
  `query Missed($before: String, $filter: ${filter}!) {
  ${name}(last: ${PAGE}, before: $before, orderBy: updatedAt, filter: $filter) {
    nodes { ${fields} }
    pageInfo { hasPreviousPage startCursor }
  }
}`

const PERSON = 'id name'
const STATE = 'id name type'
const TEAM = 'id key name'
const ISSUES = list(
  'issues',
  'IssueFilter',
  `id identifier number title description url createdAt updatedAt startedAt completedAt canceledAt estimate priority dueDate
    team { ${TEAM} } state { ${STATE} } assignee { ${PERSON} } creator { ${PERSON} }
    labels(first: 20) { nodes { id name } }
    attachments(first: 20) { nodes { id title url createdAt updatedAt creator { ${PERSON} } } }
    history(first: 20) {
      nodes { createdAt updatedAt fromState { ${STATE} } toState { ${STATE} } actor { ${PERSON} } botActor { name } }
    }`,
)
const COMMENTS = list(
  'comments',
  'CommentFilter',
  `id body url createdAt updatedAt editedAt user { ${PERSON} } externalUser { ${PERSON} } botActor { name }
    issue { id identifier title url team { ${TEAM} } }`,
)

/** When it happened, in milliseconds since 1970. */
interface Event extends Missed {
  readonly at: number
}

/**
 * What Linear's API tells of a time, in the form of its web hook: issues and attachments that are new, the last state
 * that an issue was moved to, and comments that are new or were edited. It does not tell of what was deleted.
 * @param teams the keys of the hook's teams, since a token may see more
 */
export function missedInLinear(ask: Ask, teams: readonly string[]): AskMissed {
  return async function* missed({ since, until, atMost }) {
    const updatedAt = { gte: since.toISOString(), lte: until.toISOString() }
    const team = { key: { in: teams } }
    const issues = await oldest(ask, ISSUES, 'issues', { updatedAt, team }, atMost)
    const comments = await oldest(ask, COMMENTS, 'comments', { updatedAt, issue: { team } }, atMost)
    const horizon = Math.min(issues.upTo ?? until.getTime(), comments.upTo ?? until.getTime())
    const events = [
      ...issues.nodes.flatMap((issue) => eventsOfIssue(issue, { since, until })),
      ...comments.nodes.flatMap((comment) => eventsOfComment(comment, { since, until })),
    ].sort((one, other) => one.at - other.at)
    for (let from = 0; from < events.length; from += YIELDED)
      yield { missed: events.slice(from, from + YIELDED), upTo: null }
    yield { missed: [], upTo: new Date(horizon) }
  }
}

/** @returns `upTo`: when the last of them was updated, if there are more; else null */
async function oldest(ask: Ask, query: string, name: 'issues' | 'comments', filter: object, atMost: number) {
  const nodes: Values[] = []
  let before: string | null = null
  for (;;) {
    const { nodes: page, pageInfo } = objectOf((await ask(query, { before, filter }, MOST_BYTES))[name])
    nodes.push(...listOf(page, 'nodes').reverse())
    const { hasPreviousPage, startCursor } = objectOf(pageInfo)
    before = textOf(startCursor)
    if (hasPreviousPage !== true || before === null) return { nodes, upTo: null }
    if (nodes.length >= atMost) return { nodes, upTo: timeIn(nodes.at(-1)?.updatedAt) }
  }
}

type Time = Pick<MissedTime, 'since' | 'until'>

function eventsOfIssue(issue: Values, time: Time): Event[] {
  const data = {
    ...issue,
    labels: listOf(objectOf(issue.labels).nodes, 'labels'),
    attachments: listOf(objectOf(issue.attachments).nodes, 'attachments'),
  }
  const moves = listOf(objectOf(issue.history).nodes, 'history')
    .filter(({ toState }) => textOf(objectOf(toState).id) !== null)
    .sort((one, other) => (timeIn(one.createdAt) ?? 0) - (timeIn(other.createdAt) ?? 0))
  const created = {
    ...{ type: 'Issue', action: 'create', createdAt: issue.createdAt, url: issue.url, actor: issue.creator },
    // As its hook would have told it.
    data: { ...data, state: moves[0]?.fromState ?? issue.state },
  }
  const last = moves.at(-1)
  const now = textOf(objectOf(issue.state).id)
  return [
    ...eventAt(issue.createdAt, created, time),
    ...data.attachments.flatMap((attachment) => attached(issue, attachment, time)),
    ...(last !== undefined && textOf(objectOf(last.toState).id) === now ? moved(issue, data, last, time) : []),
  ]
}

/** What links a story to its ticket comes before what happened afterwards. */
function attached({ id, url }: Values, attachment: Values, time: Time): Event[] {
  const { createdAt, creator } = attachment
  const event = { type: 'Attachment', action: 'create', createdAt, url, actor: creator }
  return eventAt(createdAt, { ...event, data: { ...attachment, issueId: id } }, time)
}

function moved(issue: Values, data: object, move: Values, time: Time): Event[] {
  const [written, updated] = [timeIn(move.updatedAt ?? move.createdAt), timeIn(issue.updatedAt)]
  if (written === null || updated === null) return []
  const createdAt = new Date(Math.abs(updated - written) <= SAME_MS ? updated : written).toISOString()
  const from = objectOf(move.fromState)
  const event = {
    ...{ type: 'Issue', action: 'update', createdAt, url: issue.url, actor: move.actor ?? move.botActor, data },
    updatedFrom: { stateId: from.id ?? null, ...(textOf(from.name) === null ? {} : { state: from }) },
  }
  return eventAt(createdAt, event, time).map((each) => ({ ...each, unlessKnown: true }))
}

function eventsOfComment(comment: Values, time: Time): Event[] {
  const { url, createdAt, editedAt, user, externalUser, botActor } = comment
  const data = { ...comment, issueId: objectOf(comment.issue).id }
  const event = { type: 'Comment', url, data, actor: user ?? externalUser ?? botActor }
  return [
    ...eventAt(createdAt, { ...event, action: 'create', createdAt }, time),
    ...eventAt(editedAt, { ...event, action: 'update', createdAt: editedAt, updatedFrom: { body: null } }, time),
  ].filter(() => textOf(data.issueId) !== null)
}

/** Nothing for what happened before, such as the making of an issue that was moved in the time. */
function eventAt(when: unknown, event: object, { since, until }: Time): Event[] {
  const at = timeIn(when)
  if (at === null || at < since.getTime() || at > until.getTime()) return []
  return [{ at, body: Buffer.from(JSON.stringify(event)) }]
}
