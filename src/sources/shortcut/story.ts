import type { OtherChange, StoryChange, StoryFields } from '../../tracker/activity.ts'
import { objectOf, textOf } from '../../tracker/json-values.ts'
import type { Directory, ForeignState, TicketHint } from '../contract/source.ts'
import { eventTime } from '../kit/event-time.ts'
import { enumerated, storyInSentence } from '../kit/sentence.ts'
import { deedOf, type Meaning, meaningOf, type StateMap, trackerState } from '../kit/states.ts'
import { type Action, idsOf, type References, textsIn } from './event.ts'
import { CATEGORIES } from './settings.ts'

/** What a story's update can change, as it stands in a sentence. Anything else, such as position, is nothing to tell. */
const CHANGES: Readonly<Record<string, string>> = {
  name: 'the title',
  description: 'the description',
  workflow_state_id: 'the state',
  story_type: 'the type',
  estimate: 'the estimate',
  deadline: 'the due date',
  label_ids: 'the labels',
  owner_ids: 'the owners',
  requested_by_id: 'the requester',
  epic_id: 'the epic',
  iteration_id: 'the iteration',
  project_id: 'the project',
  group_id: 'the team',
  external_links: 'the external links',
  file_ids: 'the files',
  linked_file_ids: 'the linked files',
  task_ids: 'the tasks',
  branch_ids: 'the branches',
  commit_ids: 'the commits',
  pull_request_ids: 'the pull requests',
  subject_story_link_ids: 'the story links',
  object_story_link_ids: 'the story links',
  blocked: 'the blocked mark',
  blocker: 'the blocking mark',
  archived: 'the archived mark',
  custom_fields: 'the fields',
}

export interface Known {
  readonly references: References
  readonly directory: Directory
  readonly states: StateMap
  /** The stories of whose tasks the event tells by themselves. */
  readonly withTasks: ReadonlySet<string>
}

export interface ToldStory {
  readonly story: StoryChange
  /** After the author's name; null if it changed nothing that people are told. */
  readonly deed: string | null
  /** Whether it is in another state than before. */
  readonly isMoved: boolean
  readonly others: readonly OtherChange[]
  readonly tickets: readonly TicketHint[]
  /** The state that it is in now, if the event tells it. */
  readonly state: string | null
}

export async function storyOf({ id, action, values, changes }: Action, known: Known): Promise<ToldStory> {
  const change = action === 'create' || action === 'delete' ? action : 'update'
  const told = change === 'create' ? values : newValues(changes)
  // Of a story that is caught up with: it has them now, and it is not known since when. A hook's update has none.
  const links = change === 'update' ? textsIn(values.external_links) : []
  const linked = links.length === 0 ? [] : [{ storyId: id, text: links.join('\n') }]
  const changed = Object.keys(CHANGES).filter(
    (name) => Object.hasOwn(changes, name) && !(name === 'task_ids' && known.withTasks.has(id)),
  )
  const before = await stateOf(textOf(objectOf(changes.workflow_state_id).old), known)
  const now = change === 'delete' ? null : await stateOf(textOf(told.workflow_state_id), known)
  const state = now === null ? null : trackerState(now.meaning)
  const story: StoryChange = {
    id,
    change,
    name: textOf(values.name),
    storyType: textOf(values.story_type),
    url: textOf(values.app_url),
    fields: {
      ...(change === 'delete' ? {} : await fieldsOf(told, change, known)),
      ...(state === null ? {} : { currentState: state }),
    },
    original: change === 'update' ? originalOf(changes, before) : {},
    comments: [],
    ...(change === 'update' && now !== null && state === null ? { deed: deedOf(now.meaning, now.state) } : {}),
  }
  return {
    story,
    deed: deed(story, changed, before?.state ?? null, now?.state ?? null, isArchived(changes)),
    isMoved: change === 'update' && now !== null,
    others: labelsOf(id, changes, known.references),
    tickets: change === 'delete' ? [] : [...hintsOf(id, told, changes, known.references), ...linked],
    state,
  }
}

function newValues(changes: Action['changes']): Action['values'] {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, value]) => {
      const change = objectOf(value)
      return Object.hasOwn(change, 'new') || Object.hasOwn(change, 'old') ? [[name, change.new ?? null]] : []
    }),
  )
}

async function stateOf(
  id: string | null,
  { references, directory, states }: Known,
): Promise<{ state: ForeignState; meaning: Meaning } | null> {
  if (id === null) return null
  const { name, type } = references.find('workflow-state', id) ?? {}
  const told = textOf(name)
  // The reference has no type in Shortcut's own example.
  const asked = told !== null && textOf(type) !== null ? null : await directory.state(id)
  const state = { id, name: told ?? asked?.name ?? id, category: textOf(type) ?? asked?.category ?? null }
  return { state, meaning: meaningOf(state, states, CATEGORIES) }
}

async function fieldsOf(told: Action['values'], change: 'create' | 'update', { references, directory }: Known) {
  const has = (name: string): boolean => change === 'create' || Object.hasOwn(told, name)
  const requester = textOf(told.requested_by_id)
  const fields: StoryFields = {
    ...(has('name') ? { name: textOf(told.name) } : {}),
    ...(has('description') ? { description: textOf(told.description) } : {}),
    ...(has('story_type') ? { storyType: textOf(told.story_type) } : {}),
    ...(has('estimate') ? { estimate: numberOf(told.estimate) } : {}),
    ...(has('deadline') ? { deadline: eventTime(told.deadline) } : {}),
    ...(has('requested_by_id')
      ? { requestedBy: requester === null ? null : ((await directory.person(requester)) ?? requester) }
      : {}),
    // An update tells only what it adds to these lists, or takes off.
    ...(change === 'create'
      ? {
          labels: textsIn(told.label_ids).flatMap((id) => textOf(references.find('label', id)?.name) ?? []),
          ownerIds: textsIn(told.owner_ids),
        }
      : {}),
  }
  return fields
}

function originalOf(changes: Action['changes'], before: { meaning: Meaning } | null): StoryChange['original'] {
  const had = (name: string): boolean => Object.hasOwn(changes, name)
  // What was null before is left out by Shortcut.
  const old = (name: string): unknown => objectOf(changes[name]).old ?? null
  const state = before === null ? null : trackerState(before.meaning)
  return {
    ...(had('name') ? { name: textOf(old('name')) } : {}),
    ...(had('description') ? { description: textOf(old('description')) } : {}),
    ...(had('story_type') ? { storyType: textOf(old('story_type')) } : {}),
    ...(had('estimate') ? { estimate: numberOf(old('estimate')) } : {}),
    ...(had('deadline') ? { deadline: eventTime(old('deadline')) } : {}),
    ...(state === null ? {} : { currentState: state }),
  }
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)

/** As Shortcut writes it in branches and pull requests. */
export function shownStory({ id, name }: Pick<StoryChange, 'id' | 'name'>): string {
  return storyInSentence(`sc-${id}`, name)
}

/** Null if that did not change. */
function isArchived(changes: Action['changes']): boolean | null {
  const archived = objectOf(changes.archived).new
  return typeof archived === 'boolean' ? archived : null
}

function deed(
  story: StoryChange,
  changed: readonly string[],
  before: ForeignState | null,
  now: ForeignState | null,
  archived: boolean | null,
): string | null {
  const shown = shownStory(story)
  if (story.change === 'create') return `added ${shown}${now === null ? '' : ` (${now.name})`}`
  if (story.change === 'delete') return `deleted ${shown}`
  if (now === null && archived !== null && changed.length === 1)
    return `${archived ? 'archived' : 'took'} ${shown}${archived ? '' : ' out of the archive'}`
  const others = enumerated([
    ...new Set(
      changed.filter((name) => now === null || name !== 'workflow_state_id').map((name) => CHANGES[name] ?? name),
    ),
  ])
  if (now === null) return others === '' ? null : `changed ${others} of ${shown}`
  const from = before === null ? '' : ` from ${before.name}`
  return `moved ${shown}${from} to ${now.name}${others === '' ? '' : `, and changed ${others}`}`
}

function labelsOf(storyId: string, changes: Action['changes'], references: References): OtherChange[] {
  const told = (which: 'adds' | 'removes', change: string): OtherChange[] =>
    idsOf(changes.label_ids, which).map((id) => {
      const name = textOf(references.find('label', id)?.name)
      return { kind: 'label', id, change, storyId, name }
    })
  return [...told('adds', 'create'), ...told('removes', 'delete')]
}

function hintsOf(
  storyId: string,
  told: Action['values'],
  changes: Action['changes'],
  references: References,
): TicketHint[] {
  const links = [...textsIn(told.external_links), ...idsOf(changes.external_links, 'adds')]
  const labels = [...textsIn(told.label_ids), ...idsOf(changes.label_ids, 'adds')]
  const text = textOf(told.description)
  return [
    ...links.map((url) => ({ storyId, url })),
    ...labels.flatMap((id) => {
      const label = textOf(references.find('label', id)?.name)
      return label === null ? [] : [{ storyId, label }]
    }),
    ...(text === null ? [] : [{ storyId, text }]),
  ]
}
