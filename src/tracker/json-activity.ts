import type { Activity, OtherChange, StoryChange } from './activity.ts'
import { linkOf, originalFields, storyFields } from './json-story.ts'
import { listOf, objectOf, textOf, type Values, valuesOf } from './json-values.ts'
import { ParseError, shown } from './parse-error.ts'
import {
  keyOfBytes,
  optionalGuid,
  optionalId,
  optionalKind,
  optionalVersion,
  requiredId,
  requiredKind,
  requiredTime,
} from './required.ts'

/**
 * Reads an activity of API v5's web hook.
 * @throws {ParseError} 'not an activity', 'list', 'missing field' or 'bad field'
 */
export function activityFromJson(body: unknown, bytes: Buffer): Activity {
  const activity = activityObject(body)
  const project = valuesOf(activity.project, 'project')
  const performer = valuesOf(activity.performed_by, 'performed_by')
  return {
    key: optionalGuid(activity.guid, 'guid') ?? keyOfBytes(bytes),
    format: 'json',
    projectId: requiredId(project.id, 'project.id'),
    projectName: textOf(project.name),
    version: optionalVersion(activity.project_version, 'project_version'),
    kind: requiredKind(activity.kind, 'kind'),
    highlight: textOf(activity.highlight),
    occurredAt: requiredTime(activity.occurred_at, 'occurred_at'),
    author: textOf(performer.name)?.trim() ?? '',
    authorId: optionalId(performer.id),
    description: textOf(activity.message) ?? '',
    ...changesOf(activity),
  }
}

function activityObject(body: unknown): Values {
  if (Array.isArray(body)) {
    throw new ParseError('list', `The body is a list of ${body.length} activities; post each one on its own.`)
  }
  if (typeof body !== 'object' || body === null) {
    throw new ParseError('not an activity', `The body is ${shown(body)}; expected an object.`)
  }
  return body as Values
}

interface StoryResource {
  readonly name: string | null
  readonly storyType: string | null
  readonly url: string | null
}

function changesOf(activity: Values): Pick<Activity, 'stories' | 'others'> {
  const primary = storiesIn(activity, 'primary_resources')
  const resources = new Map([...storiesIn(activity, 'secondary_resources'), ...primary])
  const stories = new Map<string, StoryChange>()
  const others: OtherChange[] = []
  // A deleted comment does not name its story; if the resources have one story, it is that one.
  const onlyStory = primary.size === 1 ? [...primary.keys()][0] : undefined

  const changes = listOf(activity.changes, 'changes')
  for (const [index, change] of changes.entries()) {
    const field = `changes[${index}]`
    const kind = optionalKind(change.kind)
    if (kind === 'story') {
      const values = valuesOf(change.new_values, `${field}.new_values`)
      const original = valuesOf(change.original_values, `${field}.original_values`)
      const id = requiredId(change.id, `${field}.id`)
      stories.set(id, joined(stories.get(id), storyChange(id, change, values, original, resources.get(id))))
      continue
    }
    // Other changes, however odd, must not keep the activity from being stored.
    const [values, original] = [objectOf(change.new_values), objectOf(change.original_values)]
    const ofEpic = textOf(values.epic_id) !== null || textOf(original.epic_id) !== null
    const named = optionalId(values.story_id ?? original.story_id)
    const storyId = ofEpic ? null : (named ?? (BELONGS_TO_STORY.has(kind) ? (onlyStory ?? null) : null))
    const id = optionalId(change.id ?? values.id)
    if (BELONGS_TO_STORY.has(kind) && storyId !== null) {
      const story = stories.get(storyId) ?? untouched(storyId, resources.get(storyId))
      stories.set(storyId, story)
      if (kind === 'comment') {
        story.comments.push({ id, change: changeType(change), text: textOf(values.text) ?? '' })
        continue
      }
    }
    others.push({ kind, id, change: textOf(change.change_type) ?? '', storyId, name: nameOfOther(change, values) })
  }
  return { stories: [...stories.values()], others }
}

/** Tracker shows these inside a story, so a change of one is a change of the story. */
const BELONGS_TO_STORY: ReadonlySet<string> = new Set(['comment', 'task'])

function storiesIn(activity: Values, list: 'primary_resources' | 'secondary_resources'): Map<string, StoryResource> {
  const resources = listOf(activity[list], list).filter(({ kind }) => kind === 'story')
  return new Map(
    resources.map(({ id, name, story_type, url }) => [
      requiredId(id, `the id of a story in ${list}`),
      { name: textOf(name), storyType: textOf(story_type), url: textOf(url) },
    ]),
  )
}

function changeType(change: Values): StoryChange['change'] {
  const verb = textOf(change.change_type)
  return verb === 'create' || verb === 'delete' ? verb : 'update'
}

function storyChange(
  id: string,
  change: Values,
  values: Values,
  original: Values,
  resource: StoryResource | undefined,
): StoryChange {
  const fields = storyFields(values)
  const link = linkOf(values)
  return {
    id,
    change: changeType(change),
    name: fields.name ?? textOf(change.name) ?? resource?.name ?? null,
    storyType: fields.storyType ?? textOf(change.story_type) ?? resource?.storyType ?? null,
    url: resource?.url ?? null,
    fields,
    original: originalFields(original),
    comments: [],
    ...(link === undefined ? {} : { link }),
  }
}

function untouched(id: string, resource: StoryResource | undefined): StoryChange {
  return storyChange(id, {}, {}, {}, resource)
}

/** Merges two changes of one story: the later one wins field by field, and create or delete wins over update. */
function joined(before: StoryChange | undefined, after: StoryChange): StoryChange {
  if (before === undefined) return after
  return {
    ...before,
    ...after,
    change: after.change === 'update' ? before.change : after.change,
    name: after.name ?? before.name,
    storyType: after.storyType ?? before.storyType,
    fields: { ...before.fields, ...after.fields },
    original: { ...after.original, ...before.original },
    comments: before.comments,
  }
}

/** Tasks and blockers have a description instead of a name. */
function nameOfOther(change: Values, values: Values): string | null {
  return textOf(change.name) ?? textOf(values.name) ?? textOf(values.description)
}
