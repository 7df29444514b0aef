import type { Activity } from '../../tracker/activity.ts'
import { objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import { named } from '../../tracker/named.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import type { Directory, HookRequest, Reading, SourceProject } from '../contract/source.ts'
import { eventKey } from '../kit/event-key.ts'
import { eventTime } from '../kit/event-time.ts'
import { jsonEvent } from '../kit/json-event.ts'
import { SOMEBODY } from '../kit/sentence.ts'
import type { StateMap } from '../kit/states.ts'
import { attachmentOf } from './attachment.ts'
import { commentOf } from './comment.ts'
import type { LinearEvent, ToldOrNot } from './event.ts'
import { issueOf } from './issue.ts'

const READERS: Readonly<Record<string, (event: LinearEvent) => ToldOrNot | Promise<ToldOrNot>>> = {
  Issue: issueOf,
  Comment: commentOf,
  Attachment: attachmentOf,
}

export async function read(
  { body }: Pick<HookRequest, 'body'>,
  { project, directory, states }: { project: SourceProject; directory: Directory; states: StateMap },
): Promise<Reading> {
  const envelope = jsonEvent(body, 'Linear')
  const type = textOf(envelope.type)
  const told = textOf(envelope.action)
  const data = objectOf(envelope.data)
  if (type === null || told === null)
    throw new ParseError('missing field', 'The body has no type or no action, which all that Linear sends has.')
  const reader = named(READERS, type)
  // Not among the actions that Linear documents, but its own clients know it.
  const action = type === 'Issue' && told === 'restore' ? 'update' : told
  if (reader === undefined || !isAction(action))
    return { ignored: 'no story', detail: `${type} ${told} is not about an issue` }
  const occurredAt = eventTime(envelope.createdAt, data.updatedAt, envelope.webhookTimestamp)
  if (occurredAt === null) throw new ParseError('missing field', 'createdAt is not a time.')
  const author = authorOf(envelope, data)
  const updatedFrom = objectOf(envelope.updatedFrom)
  const found = await reader({
    ...{ type, action, data, updatedFrom, url: textOf(envelope.url), author: author.name ?? SOMEBODY },
    ...{ isRestored: told === 'restore' || (updatedFrom.trashed === true && data.trashed !== true), directory, states },
  })
  if ('ignored' in found) return found
  const { kind, sentence, story, others = [], ...beside } = found
  const activity: Activity = {
    key: keyOf(type, action, envelope, data),
    format: 'json',
    projectId: project.id,
    projectName: textOf(objectOf(data.team).name) ?? textOf(objectOf(objectOf(data.issue).team).name),
    version: null,
    kind,
    highlight: null,
    occurredAt,
    author: author.name ?? '',
    authorId: author.id,
    description: sentence,
    stories: [story],
    others,
  }
  return { activities: [{ activity, ...beside }] }
}

/**
 * Linear tells no id of the event in the body, and not whether the one in the head stays when it sends again. What the event
 * is stays; so the same one by two web hooks of a workspace is one, too, and so is one that the API tells afterwards.
 */
function keyOf(type: string, action: LinearEvent['action'], envelope: Values, data: Values): string {
  if (action === 'create') return eventKey('linear', [type, action, data.id])
  if (action === 'update' && type === 'Comment')
    return eventKey('linear', [type, action, data.id, data.editedAt ?? data.updatedAt])
  if (type === 'Issue' && Object.hasOwn(objectOf(envelope.updatedFrom), 'stateId')) {
    const { id, type: category } = objectOf(data.state)
    // The issue may be updated again before the API is asked; these times stay.
    const since = { completed: data.completedAt, canceled: data.canceledAt }[String(category)] ?? data.updatedAt
    return eventKey('linear', [type, 'state', data.id, id, since])
  }
  return eventKey('linear', [type, action, data.id, envelope.createdAt, data.updatedAt, envelope.updatedFrom ?? null])
}

function isAction(action: string): action is LinearEvent['action'] {
  return ['create', 'update', 'remove'].includes(action)
}

/** Who did it; in events of before 2024, only a new comment or issue tells who that was. */
function authorOf({ actor, action }: Values, data: Values): { name: string | null; id: string | null } {
  const done = objectOf(actor)
  // An integration has the name of its service in place of one of its own.
  const name = textOf(done.name) ?? textOf(done.service)
  if (name !== null) return { name, id: textOf(done.id) }
  for (const each of [data.user, data.externalUser, action === 'create' ? data.creator : undefined]) {
    const { name, id } = objectOf(each)
    if (textOf(name) !== null) return { name: textOf(name), id: textOf(id) }
  }
  return { name: botOf(data.botActor), id: null }
}

/** A text of JSON in the schema, an object in some events. */
function botOf(bot: unknown): string | null {
  if (typeof bot !== 'string') return textOf(objectOf(bot).name)
  try {
    return textOf(objectOf(JSON.parse(bot)).name)
  } catch {
    return null
  }
}
