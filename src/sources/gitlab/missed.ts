import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import type { AskMissed, MissedTime } from '../contract/source.ts'
import { changedSince, inOneOrder } from '../kit/changed-since.ts'
import { type MissedEvent, missedAt, missedPages } from '../kit/missed-pages.ts'
import type { RestApi } from '../kit/rest-api.ts'
import { latestOf, timeIn } from '../kit/time-in.ts'
import type { WithStatuses } from './statuses.ts'

type Time = Pick<MissedTime, 'since' | 'until'>

/** Confidential issues are left out: a hook tells of them only if it was set to, and they must not get into a room. */
const ISSUES = { scope: 'all', confidential: 'false', order_by: 'updated_at', sort: 'asc', per_page: '100' }
const NOTES = { order_by: 'created_at', sort: 'desc', activity_filter: 'only_comments', per_page: '100' }

/**
 * What GitLab's API tells of a time, in the form of its web hook: issues that are new, whether they were closed or reopened
 * last, the present status where there is one, and new notes. It does not tell of what was edited, labelled or deleted.
 * @param openStatuses for one look
 */
export function missedInGitLab(api: RestApi, projects: readonly string[], openStatuses: () => WithStatuses): AskMissed {
  return async function* missed({ since, from, until }) {
    const statuses = openStatuses()
    const changed = inOneOrder(projects.map((project) => changedIn(api, project, from, statuses)))
    yield* missedPages(changed, ({ value, path }) => eventsOf(api, path, value, { since, until }), until)
  }
}

async function* changedIn(api: RestApi, project: string, since: Date, statuses: WithStatuses) {
  const path = `/projects/${encodeURIComponent(project)}/issues`
  const ask = async (from: Date | string) => {
    const query = typeof from === 'string' ? from : search({ ...ISSUES, updated_after: from.toISOString() })
    const page = await api.list(path, query)
    return { ...page, values: await statuses(page.values) }
  }
  for await (const each of changedSince(ask, since, 'updated_at')) yield { ...each, path }
}

async function eventsOf(api: RestApi, issues: string, issue: Values, time: Time): Promise<MissedEvent[]> {
  const path = `${issues}/${textOf(issue.iid)}`
  return [
    ...missedAt(issue.created_at, issueEvent('open', issue, issue.author, issue.created_at), time),
    ...(await moved(api, path, issue, time)),
    ...(issue.user_notes_count === 0 ? [] : await notes(api, path, issue, time)),
  ]
}

async function moved(api: RestApi, path: string, issue: Values, time: Time): Promise<MissedEvent[]> {
  const more = { unlessKnown: true } as const
  const { state, created_at, updated_at, closed_at, closed_by } = issue
  if (state === 'closed') return missedAt(closed_at, issueEvent('close', issue, closed_by, closed_at), time, more)
  // The issue itself does not tell that it was closed for a while.
  if (updated_at === created_at) return []
  const set = issue.status === undefined ? [] : missedAt(updated_at, statusEvent(issue), time, more)
  const events = await api.all(`${path}/resource_state_events`, search({ per_page: '100' }))
  const last = latestOf(events.filter((event) => event.state === 'reopened'))
  if (last === null) return set
  return [...missedAt(last.created_at, issueEvent('reopen', issue, last.user, last.created_at), time, more), ...set]
}

/** The newest first, as far back as the time goes; a note that comes meanwhile shows the last of a page again. */
async function notes(api: RestApi, path: string, issue: Values, time: Time): Promise<MissedEvent[]> {
  const found = new Map<string, Values>()
  for (let next: string | null = search(NOTES); next !== null; ) {
    const page = await api.list(`${path}/notes`, next)
    for (const note of page.values) found.set(textOf(note.id) ?? '', note)
    const oldest = timeIn(page.values.at(-1)?.created_at)
    next = oldest === null || oldest < time.since.getTime() ? null : page.next
  }
  return [...found.values()]
    .filter(({ system }) => system !== true)
    .flatMap((note) => missedAt(note.created_at, noteEvent(note, issue), time))
}

/** @param at when it was: the issue may have been changed since */
function issueEvent(action: 'open' | 'close' | 'reopen' | 'update', issue: Values, user: unknown, at: unknown): object {
  const isClosed = action === 'close'
  const labels = labelsOf(issue)
  return {
    ...{ object_kind: 'issue', event_type: 'issue', user: user ?? null, project: projectOf(issue) },
    object_attributes: {
      ...attributesOf(issue),
      ...{ labels, action, state: isClosed ? 'closed' : 'opened', updated_at: at },
      ...(isClosed ? closingOf(issue) : {}),
      // That of an issue that is closed now is not the one with which it was made.
      ...(issue.status === undefined || isClosed !== (issue.state === 'closed') ? {} : { status: issue.status }),
    },
    ...{ labels, assignees: listOf(issue.assignees, 'assignees'), changes: {} },
  }
}

/** When and by whom it was set is not told, nor whether it was. */
function statusEvent(issue: Values): object {
  const event = issueEvent('update', issue, null, issue.updated_at)
  return { ...event, changes: { updated_at: { previous: null, current: issue.updated_at } } }
}

function noteEvent(note: Values, issue: Values): object {
  const { id, body, created_at, internal, confidential } = note
  return {
    ...{ object_kind: 'note', event_type: 'note', user: note.author ?? null, project: projectOf(issue) },
    object_attributes: {
      ...{ id, note: body, noteable_type: 'Issue', noteable_id: issue.id, action: 'create', system: false },
      // Called confidential before 15.5.
      ...{ created_at, updated_at: created_at, internal: internal === true || confidential === true },
      url: `${textOf(issue.web_url) ?? ''}#note_${textOf(id)}`,
    },
    issue: attributesOf(issue),
  }
}

function attributesOf(issue: Values) {
  const { id, iid, title, description, created_at, weight, due_date, web_url } = issue
  return {
    ...{ id, iid, title, description, created_at, due_date, url: web_url },
    ...{ weight: weight ?? null, type: typeOf(issue) },
  }
}

function closingOf({ closed_at, moved_to_id, _links }: Values) {
  const original = textOf(objectOf(_links).closed_as_duplicate_of)
  return { closed_at, moved_to_id: moved_to_id ?? null, duplicated_to_id: original }
}

/** The API says "test_case", the web hook "Test Case". */
function typeOf({ issue_type }: Values): string {
  const words = (textOf(issue_type) ?? 'issue').toLowerCase().split('_')
  return words.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join(' ')
}

function labelsOf({ labels }: Values): { readonly title: string }[] {
  const names: readonly unknown[] = Array.isArray(labels) ? labels : []
  return names.flatMap((name) => (typeof name === 'string' ? { title: name } : []))
}

function projectOf({ project_id, references, web_url }: Values) {
  const path = textOf(objectOf(references).full)?.replace(/#\d+$/, '') ?? null
  const page = textOf(web_url)?.replace(/\/-\/(issues|work_items)\/.*$/, '') ?? null
  return { id: project_id, path_with_namespace: path, web_url: page }
}

const search = (query: Readonly<Record<string, string>>): string => new URLSearchParams(query).toString()
