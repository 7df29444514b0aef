import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import type { AskMissed, MissedTime } from '../contract/source.ts'
import { type Changed, changedSince, inOneOrder } from '../kit/changed-since.ts'
import { type MissedEvent, missedAt, missedPages } from '../kit/missed-pages.ts'
import { timeIn } from '../kit/time-in.ts'

/** Asks a question of GraphQL, and returns its data. @throws {SourceApiError} */
export type Ask = (query: string, variables: object, maxBytes: number) => Promise<Values>

/** A page of these stays far below the 10,000 points that Linear allows a query. */
const PAGE = 25
const MOST_BYTES = 8 * 1024 * 1024
/** The history of an issue is written a moment before or after the issue. */
const SAME_MS = 2000

/** Sorted by `updatedAt` the newest comes first, so the last ones are the oldest. */
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
const ISSUE = `id identifier number title description url
  createdAt updatedAt startedAt completedAt canceledAt estimate priority dueDate
  team { ${TEAM} } state { ${STATE} } assignee { ${PERSON} } creator { ${PERSON} }
  labels(first: 20) { nodes { id name } }
  attachments(first: 20) { nodes { id title url createdAt updatedAt creator { ${PERSON} } } }
  history(first: 20) {
    nodes { createdAt updatedAt fromState { ${STATE} } toState { ${STATE} } actor { ${PERSON} } botActor { name } }
  }`
const ISSUES = list('issues', 'IssueFilter', ISSUE)
/** A comment does not change its issue, so it comes with it. */
const COMMENTS = list(
  'comments',
  'CommentFilter',
  `id body url createdAt updatedAt editedAt user { ${PERSON} } externalUser { ${PERSON} } botActor { name }
    issue { ${ISSUE} }`,
)

interface Thing extends Changed {
  readonly isComment: boolean
}

/**
 * What Linear's API tells of a time, in the form of its web hook: issues and attachments that are new, the last state
 * that an issue was moved to, and comments that are new or were edited. It does not tell of what was deleted.
 * @param teams the keys of the hook's teams, since a token may see more
 */
export function missedInLinear(ask: Ask, teams: readonly string[]): AskMissed {
  return async function* missed({ since, from, until }) {
    const team = { key: { in: teams } }
    const changed = inOneOrder<Thing>([
      changedIn(ask, { query: ISSUES, name: 'issues', filter: { team } }, from),
      changedIn(ask, { query: COMMENTS, name: 'comments', filter: { issue: { team } } }, from),
    ])
    yield* missedPages(changed, inOrderOfStories({ since, until }), until)
  }
}

interface List {
  readonly query: string
  readonly name: 'issues' | 'comments'
  readonly filter: object
}

async function* changedIn(ask: Ask, { query, name, filter }: List, since: Date): AsyncGenerator<Thing> {
  let begin = since
  const page = async (from: Date | string) => {
    if (typeof from !== 'string') begin = from
    const variables = {
      before: typeof from === 'string' ? from : null,
      filter: { ...filter, updatedAt: { gte: begin.toISOString() } },
    }
    const { nodes, pageInfo } = objectOf((await ask(query, variables, MOST_BYTES))[name])
    const { hasPreviousPage, startCursor } = objectOf(pageInfo)
    const next = hasPreviousPage === true ? textOf(startCursor) : null
    return { values: listOf(nodes, 'nodes').reverse(), next }
  }
  for await (const each of changedSince(page, since, 'updatedAt')) yield { ...each, isComment: name === 'comments' }
}

/** What happened to an issue before a comment comes before it, also if the issue itself was changed later. */
function inOrderOfStories(time: Time): (thing: Thing) => Promise<MissedEvent[]> {
  const toldUpTo = new Map<string, number>()
  return async ({ value, at, isComment }) => {
    const issue = isComment ? objectOf(value.issue) : value
    const id = textOf(issue.id)
    if (id === null) return []
    const told = toldUpTo.get(id) ?? Number.NEGATIVE_INFINITY
    const end = isComment ? at : Number.POSITIVE_INFINITY
    if (isComment) toldUpTo.set(id, Math.max(told, at))
    return [
      ...eventsOfIssue(issue, time).filter((event) => event.at > told && event.at <= end),
      ...(isComment ? eventsOfComment(value, time) : []),
    ]
  }
}

type Time = Pick<MissedTime, 'since' | 'until'>

function eventsOfIssue(issue: Values, time: Time): MissedEvent[] {
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
    ...missedAt(issue.createdAt, created, time),
    ...data.attachments.flatMap((attachment) => attached(issue, attachment, time)),
    ...(last !== undefined && textOf(objectOf(last.toState).id) === now ? moved(issue, data, last, time) : []),
  ]
}

/** What links a story to its ticket comes before what happened afterwards. */
function attached({ id, url }: Values, attachment: Values, time: Time): MissedEvent[] {
  const { createdAt, creator } = attachment
  const event = { type: 'Attachment', action: 'create', createdAt, url, actor: creator }
  return missedAt(createdAt, { ...event, data: { ...attachment, issueId: id } }, time)
}

function moved(issue: Values, data: object, move: Values, time: Time): MissedEvent[] {
  const [written, updated] = [timeIn(move.updatedAt ?? move.createdAt), timeIn(issue.updatedAt)]
  if (written === null || updated === null) return []
  const createdAt = new Date(Math.abs(updated - written) <= SAME_MS ? updated : written).toISOString()
  const from = objectOf(move.fromState)
  const event = {
    ...{ type: 'Issue', action: 'update', createdAt, url: issue.url, actor: move.actor ?? move.botActor, data },
    updatedFrom: { stateId: from.id ?? null, ...(textOf(from.name) === null ? {} : { state: from }) },
  }
  return missedAt(createdAt, event, time, { unlessKnown: true })
}

function eventsOfComment(comment: Values, time: Time): MissedEvent[] {
  const { url, createdAt, editedAt, user, externalUser, botActor } = comment
  const data = { ...comment, issueId: objectOf(comment.issue).id }
  const event = { type: 'Comment', url, data, actor: user ?? externalUser ?? botActor }
  return [
    ...missedAt(createdAt, { ...event, action: 'create', createdAt }, time),
    ...missedAt(editedAt, { ...event, action: 'update', createdAt: editedAt, updatedFrom: { body: null } }, time),
  ].filter(() => textOf(data.issueId) !== null)
}
