import type { Comment, OtherChange, StoryChange } from '../../tracker/activity.ts'
import { objectOf, textOf } from '../../tracker/json-values.ts'
import { storyInSentence } from '../kit/sentence.ts'
import { type Action, idsOf, type References } from './event.ts'

const CHANGES = { create: 'create', update: 'update', delete: 'delete' } as const
const DEEDS = { create: 'commented on', update: 'edited a comment on', delete: 'deleted a comment on' } as const

export interface ToldComment {
  readonly storyId: string
  readonly comment: Comment
  readonly deed: string
}

/** A comment names its story, or is named by an action on it. Null if neither tells which. */
export function commentOf(action: Action, all: readonly Action[]): ToldComment | null {
  const change = changeOf(action)
  const storyId = textOf(action.values.story_id) ?? ownerOf(action.id, 'comment_ids', all)
  if (change === null || storyId === null) return null
  const text = change === 'delete' ? '' : (textOf(action.values.text) ?? '')
  return { storyId, comment: { id: action.id, change, text }, deed: DEEDS[change] }
}

export interface ToldTask {
  readonly storyId: string
  readonly other: OtherChange
  readonly deed: string
}

/** A task, which Shortcut shows inside its story. */
export function taskOf(action: Action, all: readonly Action[]): ToldTask | null {
  const change = changeOf(action)
  const storyId = textOf(action.values.story_id) ?? ownerOf(action.id, 'task_ids', all)
  if (change === null || storyId === null) return null
  const name = textOf(action.values.description)
  const deed = `${taskDeed(action, change)} ${storyInSentence('the task', name)} ${change === 'create' ? 'to' : 'of'}`
  return { storyId, other: { kind: 'task', id: action.id, change, storyId, name }, deed }
}

function taskDeed({ changes }: Action, change: keyof typeof CHANGES): string {
  const isComplete = objectOf(changes.complete).new
  if (change !== 'update') return change === 'create' ? 'added' : 'deleted'
  if (typeof isComplete !== 'boolean') return 'changed'
  return isComplete ? 'completed' : 'reopened'
}

function changeOf({ action }: Action): keyof typeof CHANGES | null {
  return action === 'create' || action === 'update' || action === 'delete' ? action : null
}

function ownerOf(id: string, list: string, all: readonly Action[]): string | null {
  const owner = all.find(
    ({ type, changes }) =>
      type === 'story' && [...idsOf(changes[list], 'adds'), ...idsOf(changes[list], 'removes')].includes(id),
  )
  return owner?.id ?? null
}

/** A story that an event only mentions. */
export function mentioned(id: string, references: References): StoryChange {
  const { name, story_type, app_url } = references.find('story', id) ?? {}
  return {
    ...{ id, change: 'update', name: textOf(name), storyType: textOf(story_type), url: textOf(app_url) },
    ...{ fields: {}, original: {}, comments: [] },
  }
}
