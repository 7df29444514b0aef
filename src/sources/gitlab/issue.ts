import { labelChanges, type OwnWrite } from '../../connectors/contract/own-write.ts'
import type { StoryChange, StoryFields } from '../../tracker/activity.ts'
import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import type { ForeignState, TicketHint } from '../contract/source.ts'
import { eventTime } from '../kit/event-time.ts'
import { stateByLabels, storyTypeOf } from '../kit/label-states.ts'
import { enumerated, storyInSentence } from '../kit/sentence.ts'
import { deedOf, meaningOf, type StateMap, trackerState } from '../kit/states.ts'
import { type GitLabEvent, onlyOf, TIMES, type Told, type ToldOrNot } from './event.ts'
import { CATEGORIES } from './settings.ts'

/** What an update can change, as it stands in a sentence. Anything else, such as relative_position, is nothing to tell. */
const CHANGES: Readonly<Record<string, string>> = {
  title: 'the title',
  description: 'the description',
  labels: 'the labels',
  assignees: 'the assignee',
  weight: 'the weight',
  due_date: 'the due date',
  milestone_id: 'the milestone',
  iteration_id: 'the iteration',
  confidential: 'who may see it',
  state_id: 'the state',
  status: 'the status',
  type: 'the type',
  health_status: 'the health',
  severity: 'the severity',
}
/** What an account of the relay changes. */
const WRITTEN = ['state_id', 'labels', ...TIMES]
const WITH_WRITTEN = [...WRITTEN, 'status', 'escalation_status', 'state']
/** Work items that are no stories: plans, and what is checked. */
const NO_STORIES = ['epic', 'objective', 'key result', 'requirement', 'test case']

export function issueOf(event: GitLabEvent): ToldOrNot {
  const { payload, attributes, author, isOwn, states } = event
  const type = textOf(attributes.type) ?? 'Issue'
  if (NO_STORIES.includes(type.toLowerCase())) return { ignored: 'no story', detail: `a work item of the type ${type}` }
  const id = textOf(attributes.id)
  if (id === null) throw new ParseError('missing field', 'object_attributes.id is missing: the issue’s id.')
  const { action } = event
  if (action === null)
    return { ignored: 'ping', detail: 'the event has no action, as when somebody tests the web hook' }
  const changes = objectOf(payload.changes)
  // GitLab before 10 tells no changes at all.
  const isTold = payload.changes !== undefined
  const changed = Object.keys(CHANGES).filter((name) => Object.hasOwn(changes, name))
  const hasStatus = textOf(objectOf(attributes.status).name) !== null
  const mayBeStatus = hasStatus && onlyOf(changes, TIMES)
  if (action === 'update' && isTold && changed.length === 0 && !mayBeStatus)
    return { ignored: 'no news', detail: 'the update of the issue changes nothing that people are told' }
  const state = stateOf(attributes, states)
  const before = stateBefore(event, action)
  const isMoved = action === 'close' || action === 'reopen' || (before !== null && before.id !== state.id)
  const now = trackerState(meaningOf(state, states, CATEGORIES))
  const earlier = before === null ? null : trackerState(meaningOf(before, states, CATEGORIES))
  const isNew = action === 'open'
  // An open issue is in the state that its labels mean, and GitLab before 9 does not tell them.
  const isKnown = isMoved || isNew || hasStatus || (attributes.labels ?? payload.labels) !== undefined
  const story: StoryChange = {
    id,
    change: isNew ? 'create' : 'update',
    name: textOf(attributes.title),
    storyType: storyTypeOf(type === 'Issue' ? null : type, labelsIn(attributes.labels ?? payload.labels)),
    url: textOf(attributes.url),
    fields: {
      ...fieldsOf(payload, attributes, isNew ? Object.keys(CHANGES) : changed),
      ...((isMoved || isNew) && now !== null ? { currentState: now } : {}),
    },
    original: {
      ...(isNew ? {} : originalOf(changes)),
      ...(isMoved && now !== null && earlier !== null ? { currentState: earlier } : {}),
    },
    comments: [],
    ...(isMoved && now === null ? { deed: deedOf(meaningOf(state, states, CATEGORIES), state) } : {}),
  }
  return {
    kind: isNew ? 'story_create' : 'story_update',
    sentence: sentenceOf(event, { action, changed, state, isMoved, name: story.name }),
    story,
    ...(now === null || !isKnown ? {} : { states: { [id]: now } }),
    // What a status was before is not told by every version.
    ...(isMoved || isNew || now === null || !hasStatus ? {} : { compares: true as const }),
    tickets: hintsOf(id, payload, attributes),
    ...(isOwn && (action === 'close' || action === 'reopen' || onlyOf(changes, WRITTEN))
      ? { own: `${author}, an account of the relay, did it: ${action}` }
      : {}),
    ...changesOf(event, action),
  }
}

/** As the connector foretells its writes. An update of labels tells the state too, which has an event of its own. */
function changesOf({ payload, attributes }: GitLabEvent, action: string): { changes?: OwnWrite } {
  const changes = objectOf(payload.changes)
  const project = textOf(objectOf(payload.project).web_url)
  const iid = textOf(attributes.iid)
  // What the API tells of a missed event has no changes.
  const isOther = Object.keys(changes).some((name) => !WITH_WRITTEN.includes(name))
  if (project === null || iid === null || action === 'open' || isOther) return {}
  const { previous, current } = objectOf(changes.labels)
  const moved = { close: 'closed', reopen: 'opened' } as const
  const told = [
    ...(action === 'close' || action === 'reopen' ? [moved[action]] : []),
    ...labelChanges(labelsIn(previous), labelsIn(current)),
  ]
  return told.length === 0 ? {} : { changes: { page: `${project}/-/issues/${iid}`, changes: told } }
}

/** A status says most; without one, whether the issue is open, and what its labels mean. */
export function stateOf(attributes: Values, states: StateMap, labels = labelsIn(attributes.labels)): ForeignState {
  const isClosed = textOf(attributes.state) === 'closed'
  const { id, name, category } = objectOf(attributes.status)
  const status = textOf(name)
  const told: ForeignState | null =
    status === null ? null : { id: textOf(id) ?? status, name: status, category: textOf(category) }
  if (isClosed) return told ?? closedState(attributes)
  return stateByLabels(null, labels, states, told ?? { id: 'opened', name: 'open', category: 'opened' })
}

function closedState({ duplicated_to_id, moved_to_id }: Values): ForeignState {
  if (textOf(duplicated_to_id) !== null) return { id: 'closed', name: 'duplicate', category: 'duplicate' }
  // It goes on elsewhere, as another issue.
  if (textOf(moved_to_id) !== null) return { id: 'closed', name: 'moved', category: 'moved' }
  return { id: 'closed', name: 'closed', category: 'closed' }
}

/** The state before, as far as the event tells it; null if it does not. */
function stateBefore({ payload, attributes, states }: GitLabEvent, action: string): ForeignState | null {
  const { labels } = objectOf(payload.changes)
  const earlier = labels === undefined ? labelsIn(attributes.labels) : labelsIn(objectOf(labels).previous)
  const { status: _, ...others } = attributes
  const state = { close: 'opened', reopen: 'closed' }[action] ?? attributes.state
  // Newer versions tell what it was, with an update.
  const status = objectOf(objectOf(payload.changes).status).previous
  if (textOf(objectOf(status).name) !== null) return stateOf({ ...others, state, status }, states, earlier)
  if (action === 'close') return stateOf({ ...others, state }, states, earlier)
  if (labels === undefined || action === 'reopen') return null
  return stateOf(attributes, states, earlier)
}

function labelsIn(labels: unknown): string[] {
  return listOf(labels, 'labels').flatMap(({ title }) => textOf(title) ?? [])
}

function fieldsOf(payload: Values, attributes: Values, names: readonly string[]): StoryFields {
  const has = (name: string): boolean => names.includes(name)
  return {
    ...(has('title') ? { name: textOf(attributes.title) } : {}),
    ...(has('description') ? { description: textOf(attributes.description) } : {}),
    ...(has('labels') ? { labels: labelsIn(attributes.labels ?? payload.labels) } : {}),
    ...(has('assignees') ? { ownedBy: firstName(payload.assignees, payload.assignee) } : {}),
    ...(has('weight') ? { estimate: numberOf(attributes.weight) } : {}),
    ...(has('due_date') ? { deadline: eventTime(attributes.due_date) } : {}),
  }
}

function originalOf(changes: Values): StoryFields {
  const before = (name: string): unknown => objectOf(changes[name]).previous
  const has = (name: string): boolean => Object.hasOwn(changes, name)
  return {
    ...(has('title') ? { name: textOf(before('title')) } : {}),
    ...(has('description') ? { description: textOf(before('description')) } : {}),
    ...(has('labels') ? { labels: labelsIn(before('labels')) } : {}),
    ...(has('assignees') ? { ownedBy: firstName(before('assignees'), undefined) } : {}),
    ...(has('weight') ? { estimate: numberOf(before('weight')) } : {}),
    ...(has('due_date') ? { deadline: eventTime(before('due_date')) } : {}),
  }
}

function firstName(people: unknown, person: unknown): string | null {
  const [first] = Array.isArray(people) ? people : []
  const { name, username } = objectOf(first ?? person)
  return textOf(name) ?? textOf(username)
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)

interface Said {
  readonly action: string
  readonly changed: readonly string[]
  readonly state: ForeignState
  readonly isMoved: boolean
  readonly name: string | null
}

function sentenceOf({ author, attributes }: GitLabEvent, { action, changed, state, isMoved, name }: Said): string {
  const issue = storyInSentence(`#${textOf(attributes.iid) ?? '?'}`, name)
  if (action === 'open') return `${author} added ${issue}`
  if (action === 'close') return `${author} closed ${issue}${state.name === 'closed' ? '' : ` (${state.name})`}`
  if (action === 'reopen') return `${author} reopened ${issue}`
  const parts = changed.map((each) => CHANGES[each] ?? each)
  const what = parts.length === 0 ? `updated ${issue}` : `changed ${enumerated(parts)} of ${issue}`
  return `${author} ${what}${isMoved ? `, which is ${state.name} now` : ''}`
}

function hintsOf(storyId: string, payload: Values, attributes: Values): NonNullable<Told['tickets']> {
  const labels = labelsIn(attributes.labels ?? payload.labels)
  const hints: TicketHint[] = labels.map((label) => ({ storyId, label }))
  const text = textOf(attributes.description)
  return text === null ? hints : [...hints, { storyId, text }]
}
