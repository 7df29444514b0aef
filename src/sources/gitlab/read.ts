import type { Activity } from '../../tracker/activity.ts'
import { objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import { named } from '../../tracker/named.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import type { HookRequest, Reading, SourceProject } from '../contract/source.ts'
import { eventKey } from '../kit/event-key.ts'
import { eventTime } from '../kit/event-time.ts'
import { jsonEvent } from '../kit/json-event.ts'
import { isOwnAccount } from '../kit/own-accounts.ts'
import { SOMEBODY } from '../kit/sentence.ts'
import type { StateMap } from '../kit/states.ts'
import { actionOf, type GitLabEvent, type ToldOrNot } from './event.ts'
import { issueOf } from './issue.ts'
import { noteOf } from './note.ts'

/** By object_kind; the header says "Issue Hook" of work items too. */
const READERS: Readonly<Record<string, (event: GitLabEvent) => ToldOrNot>> = {
  issue: issueOf,
  work_item: issueOf,
  note: noteOf,
}

export interface ReadParts {
  readonly project: SourceProject
  readonly states: StateMap
  readonly own: readonly string[]
  readonly withInternal: boolean
}

/** Whatever GitLab may send besides is answered 200: after four failures in a row it sends nothing for a while. */
export function read({ body }: Pick<HookRequest, 'body'>, { project, states, own, withInternal }: ReadParts): Reading {
  const payload = jsonEvent(body, 'GitLab')
  const kind = textOf(payload.object_kind) ?? textOf(payload.event_name)
  if (kind === null)
    throw new ParseError('missing field', 'object_kind is missing; leave the custom template of the web hook empty.')
  const reader = named(READERS, kind)
  if (reader === undefined) return { ignored: 'no story', detail: `${kind} is neither an issue nor a note on one` }
  const attributes = objectOf(payload.object_attributes)
  const user = objectOf(payload.user)
  const name = textOf(user.name) ?? textOf(user.username)
  const isOwn = isOwnAccount(textOf(user.username), own)
  const action = actionOf(attributes, objectOf(payload.changes))
  const told = reader({ payload, attributes, action, author: name ?? SOMEBODY, isOwn, states, withInternal })
  if ('ignored' in told) return told
  const { kind: word, sentence, story, ...beside } = told
  const occurredAt = eventTime(attributes.updated_at, attributes.created_at)
  if (occurredAt === null) throw new ParseError('missing field', 'object_attributes.updated_at is not a time.')
  const activity: Activity = {
    key: keyOf(kind, { ...attributes, action }, payload),
    format: 'json',
    projectId: project.id,
    projectName: textOf(objectOf(payload.project).path_with_namespace),
    version: null,
    kind: word,
    highlight: null,
    occurredAt,
    author: name ?? '',
    authorId: textOf(user.id),
    description: sentence,
    stories: [story],
    others: [],
  }
  return { activities: [{ activity, ...beside }] }
}

/**
 * Idempotency-Key stays when GitLab sends again, but the hook of a project and that of its group have one each: what the
 * event is stays. Of what is made, closed or reopened, what the API tells afterwards has the same key.
 */
function keyOf(kind: string, attributes: Values, payload: Values): string {
  const { action, note, state, status, closed_at, updated_at } = attributes
  const id = textOf(attributes.id)
  if (kind === 'note' && action !== 'update' && id !== null) return eventKey('gitlab', [kind, 'create', id])
  if (kind !== 'note' && action === 'open') return eventKey('gitlab', ['issue', action, id])
  // Some versions write milliseconds, others seconds.
  const at = eventTime(action === 'close' ? closed_at : null, updated_at)
  if (kind !== 'note' && (action === 'close' || action === 'reopen'))
    return eventKey('gitlab', ['issue', action, id, at?.slice(0, 19)])
  return eventKey('gitlab', [
    ...[kind, action ?? null, attributes.id, updated_at, note ?? null, withoutTimes(payload.changes)],
    // Times have seconds, and which status is new stands in no changes: two may be set within one.
    ...[state, objectOf(status).id, objectOf(status).name].map((each) => each ?? null),
  ])
}

function withoutTimes(changes: unknown): Values {
  const { updated_at: _, ...others } = objectOf(changes)
  return others
}
