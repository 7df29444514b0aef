import type { StoryChange, StoryFields } from '../../tracker/activity.ts'
import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import type { ForeignState, TicketHint } from '../contract/source.ts'
import { eventTime } from '../kit/event-time.ts'
import { enumerated, storyInSentence } from '../kit/sentence.ts'
import { deedOf, meaningOf, type TrackerState, trackerState } from '../kit/states.ts'
import type { LinearEvent, Told, ToldOrNot } from './event.ts'
import { CATEGORIES } from './settings.ts'

/** What an update can change, as it stands in a sentence. Anything else, such as sortOrder, is nothing to tell. */
const CHANGES: Readonly<Record<string, string>> = {
  title: 'the title',
  description: 'the description',
  stateId: 'the state',
  labelIds: 'the labels',
  assigneeId: 'the assignee',
  delegateId: 'the delegate',
  estimate: 'the estimate',
  priority: 'the priority',
  dueDate: 'the due date',
  parentId: 'the parent',
  projectId: 'the project',
  projectMilestoneId: 'the milestone',
  cycleId: 'the cycle',
  teamId: 'the team',
  trashed: 'the trash mark',
  archivedAt: 'the archived mark',
}

const TYPES = ['bug', 'chore', 'release', 'feature']

export async function issueOf(event: LinearEvent): Promise<ToldOrNot> {
  const { action, data, updatedFrom, isRestored } = event
  const id = textOf(data.id)
  if (id === null) throw new ParseError('missing field', 'data.id is missing: the issue’s id.')
  const changed = Object.keys(CHANGES).filter((name) => Object.hasOwn(updatedFrom, name))
  const isGone = action === 'remove' || (changed.includes('trashed') && data.trashed === true)
  if (action === 'update' && changed.length === 0 && !isRestored)
    return { ignored: 'no news', detail: 'the update of the issue changes nothing that people are told' }
  const state = stateIn(data)
  const now = state === null ? null : trackerState(meaningOf(state, event.states, CATEGORIES))
  const story: StoryChange = {
    id,
    change: isGone ? 'delete' : action === 'create' ? 'create' : 'update',
    name: textOf(data.title),
    storyType: typeIn(data),
    url: textOf(data.url) ?? event.url,
    fields: isGone ? {} : fieldsOf(data, action === 'create' ? Object.keys(CHANGES) : changed, now),
    original: isGone || action === 'create' ? {} : await originalOf(event, changed),
    comments: [],
    ...(changed.includes('stateId') && !isGone && state !== null && now === null
      ? { deed: deedOf(meaningOf(state, event.states, CATEGORIES), state) }
      : isRestored && !changed.includes('stateId')
        ? { deed: 'restored' }
        : {}),
  }
  return {
    kind: { create: 'story_create', update: 'story_update', delete: 'story_delete' }[story.change],
    sentence: await sentenceOf(event, story, changed, state),
    story,
    // What is in the trash can still be changed.
    ...(now === null || isGone || data.trashed === true ? {} : { states: { [id]: now } }),
    ...(isRestored ? { restores: true as const } : {}),
    ...(isGone ? {} : { tickets: hintsOf(id, data) }),
  }
}

function stateIn(data: Values): ForeignState | null {
  const { id, name, type } = objectOf(data.state)
  const named = textOf(name)
  return named === null ? null : { id: textOf(id) ?? '', name: named, category: textOf(type) }
}

function labelsIn(data: Values): string[] {
  return listOf(data.labels, 'data.labels').flatMap(({ name }) => textOf(name) ?? [])
}

/** Linear has no types; a label with the name of one of Tracker's is taken for it. */
function typeIn(data: Values): string | null {
  const labels = labelsIn(data).map((label) => label.trim().toLowerCase())
  return TYPES.find((type) => labels.includes(type)) ?? null
}

function fieldsOf(data: Values, names: readonly string[], state: TrackerState | null): StoryFields {
  const has = (name: string): boolean => names.includes(name)
  const estimate = typeof data.estimate === 'number' ? data.estimate : null
  return {
    ...(has('title') ? { name: textOf(data.title) } : {}),
    ...(has('description') ? { description: textOf(data.description) } : {}),
    ...(has('stateId') && state !== null ? { currentState: state } : {}),
    ...(has('estimate') ? { estimate } : {}),
    ...(has('labelIds') ? { labels: labelsIn(data) } : {}),
    ...(has('assigneeId') ? { ownedBy: textOf(objectOf(data.assignee).name) } : {}),
    ...(has('dueDate') ? { deadline: eventTime(data.dueDate) } : {}),
  }
}

/** Ids of people and labels tell no names; the state's may be known. */
async function originalOf(event: LinearEvent, names: readonly string[]) {
  const { updatedFrom, states } = event
  const has = (name: string): boolean => names.includes(name)
  const before = has('stateId') ? await stateBefore(event) : null
  const state = before === null ? null : trackerState(meaningOf(before, states, CATEGORIES))
  return {
    ...(has('title') ? { name: textOf(updatedFrom.title) } : {}),
    ...(has('description') ? { description: textOf(updatedFrom.description) } : {}),
    ...(state === null ? {} : { currentState: state }),
    ...(has('estimate') ? { estimate: typeof updatedFrom.estimate === 'number' ? updatedFrom.estimate : null } : {}),
    ...(has('dueDate') ? { deadline: eventTime(updatedFrom.dueDate) } : {}),
  }
}

/** WEB-44; older events have only its parts. */
export function identifierIn(data: Values): string | null {
  const key = textOf(objectOf(data.team).key)
  const number = textOf(data.number)
  return textOf(data.identifier) ?? (key === null || number === null ? null : `${key}-${number}`)
}

/** The API tells the whole state before, the hook its id. */
async function stateBefore({ updatedFrom, directory }: LinearEvent): Promise<ForeignState | null> {
  const stateId = textOf(updatedFrom.stateId)
  return stateIn(updatedFrom) ?? (stateId === null ? null : await directory.state(stateId))
}

async function sentenceOf(
  event: LinearEvent,
  { change, name }: StoryChange,
  changed: readonly string[],
  state: ForeignState | null,
): Promise<string> {
  const { author, data } = event
  const issue = storyInSentence(identifierIn(data), name)
  if (change === 'create') return `${author} added ${issue}${state === null ? '' : ` (${state.name})`}`
  if (change === 'delete') return `${author} deleted ${issue}`
  const others = changed.filter((each) => each !== 'stateId').map((each) => CHANGES[each] ?? each)
  if (event.isRestored) return `${author} restored ${issue}`
  if (!changed.includes('stateId') || state === null) return `${author} changed ${enumerated(others)} of ${issue}`
  const before = await stateBefore(event)
  const from = before === null ? '' : ` from ${before.name}`
  const rest = others.length === 0 ? '' : `, and changed ${enumerated(others)}`
  return `${author} moved ${issue}${from} to ${state.name}${rest}`
}

function hintsOf(storyId: string, data: Values): NonNullable<Told['tickets']> {
  const hints: TicketHint[] = [
    // Only the API tells them with the issue.
    ...listOf(data.attachments ?? [], 'data.attachments').flatMap(({ url }) => {
      const told = textOf(url)
      return told === null ? [] : [{ storyId, url: told }]
    }),
    ...labelsIn(data).map((label) => ({ storyId, label })),
  ]
  const text = textOf(data.description)
  return text === null ? hints : [...hints, { storyId, text }]
}
