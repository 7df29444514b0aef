import type { Activity, Attachment, OtherChange, StoryChange } from './activity.ts'
import { commentOf, documentOf, fileOf } from './json-comment.ts'
import { linkOf, storyFields } from './json-story.ts'
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
    throw new ParseError('list', `The body is a list of ${body.length} activities; expected one alone.`)
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
  const epics = epicsIn(activity)
  const stories = new Map<string, StoryChange>()
  const others: OtherChange[] = []
  // Many changes do not name their story; if the resources have one story and no epic, it is that one.
  const onlyStory = only(primary)
  const onlyEpic = only(epics)

  const changes = listOf(activity.changes, 'changes')
  const uploads = uploadsIn(changes)
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
    const belongs = BELONGS_TO_STORY.has(kind)
    const namedEpic = optionalId(values.epic_id ?? original.epic_id)
    const namedStory = namedEpic === null ? optionalId(values.story_id ?? original.story_id) : null
    const storyId = namedStory ?? (belongs && namedEpic === null ? onlyStory : null)
    const epicId = namedEpic ?? (belongs && storyId === null ? onlyEpic : null)
    const id = optionalId(change.id ?? values.id)
    const comment = kind === 'comment' ? commentOf(id, changeType(change), values, uploads) : null
    if (storyId !== null) {
      const story = stories.get(storyId) ?? untouched(storyId, resources.get(storyId))
      stories.set(storyId, story)
      if (comment !== null) {
        story.comments.push(comment)
        continue
      }
    }
    const name = nameOfOther(change, values) ?? (epicId === null ? null : (epics.get(epicId) ?? null))
    const verb = textOf(change.change_type) ?? ''
    others.push({
      ...{ kind, id, change: verb, storyId, name },
      ...(epicId === null ? {} : { epicId }),
      ...(comment === null ? {} : { comment }),
    })
  }
  return { stories: [...stories.values()], others }
}

/** Tracker shows these inside a story (comments also inside an epic), so a change of one is a change of the story. */
const BELONGS_TO_STORY: ReadonlySet<string> = new Set([
  ...['comment', 'task', 'review', 'blocker', 'blocking', 'branch', 'pull_request', 'cicd_event'],
  ...['follower', 'reaction', 'file_attachment', 'google_attachment'],
])

function only(resources: ReadonlyMap<string, unknown>): string | null {
  const [id] = resources.keys()
  return resources.size === 1 ? (id ?? null) : null
}

function epicsIn(activity: Values): Map<string, string | null> {
  const epics = listOf(activity.primary_resources, 'primary_resources').filter(({ kind }) => kind === 'epic')
  return new Map(
    epics.flatMap(({ id, name }) => {
      const epicId = optionalId(id)
      return epicId === null ? [] : [[epicId, textOf(name)]]
    }),
  )
}

function uploadsIn(changes: readonly Values[]): Map<string, Attachment> {
  return new Map(
    changes.flatMap((change): [string, Attachment][] => {
      const values = { id: change.id, ...objectOf(change.new_values) }
      const id = optionalId(values.id)
      if (id === null) return []
      if (change.kind === 'file_attachment') return [[id, fileOf(values)]]
      return change.kind === 'google_attachment' ? [[id, documentOf(values)]] : []
    }),
  )
}

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
    original: storyFields(original),
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

/** Tasks and blockers have a description instead of a name, files a filename, documents a title. */
function nameOfOther(change: Values, values: Values): string | null {
  const { name, description, filename, title } = values
  return textOf(change.name) ?? textOf(name) ?? textOf(description) ?? textOf(filename) ?? textOf(title)
}
