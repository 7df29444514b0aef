import type { Activity } from '../../tracker/activity.ts'
import { bodyText } from '../../tracker/body-text.ts'
import { objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import { named } from '../../tracker/named.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import type { HookRequest, ReadActivity, Reading, SourceProject } from '../contract/source.ts'
import { eventKey } from '../kit/event-key.ts'
import { jsonEvent } from '../kit/json-event.ts'
import { isOwnAccount } from '../kit/own-accounts.ts'
import { SOMEBODY } from '../kit/sentence.ts'
import type { StateMap } from '../kit/states.ts'
import { commentOf } from './comment.ts'
import type { GitHubEvent, ToldOrNot } from './event.ts'
import { issueOf } from './issue.ts'

export const EVENT = 'x-github-event'
export const HOOK = 'x-github-hook-id'
export const DELIVERY = 'x-github-delivery'

const READERS: Readonly<Record<string, (event: GitHubEvent) => ToldOrNot>> = {
  issues: issueOf,
  issue_comment: commentOf,
}

export interface ReadParts {
  readonly project: SourceProject
  readonly states: StateMap
  readonly own: readonly string[]
}

export function read({ headers, body }: HookRequest, { project, states, own }: ReadParts): Reading {
  const payload = jsonEvent(unwrapped(body), 'GitHub')
  const name = headers[EVENT] ?? eventIn(payload)
  if (name === 'ping') return { ignored: 'ping', detail: textOf(payload.zen) ?? 'a test of the web hook' }
  if (name === 'projects_v2_item')
    return {
      ignored: 'no story',
      detail:
        'an item of a GitHub project tells neither its issue nor its field by name; choose Issues at the web hook',
    }
  const reader = named(READERS, name)
  if (reader === undefined) return { ignored: 'no story', detail: `${name} is not about issues` }
  const action = textOf(payload.action)
  const issue = objectOf(payload.issue)
  if (action === null) throw new ParseError('missing field', `action is missing, which each ${name} has.`)
  if (issue.pull_request !== undefined && issue.pull_request !== null)
    return { ignored: 'no story', detail: 'it is about a pull request' }
  const sender = objectOf(payload.sender)
  const login = textOf(sender.login)
  const told = reader({
    ...{ action, issue, payload, author: login ?? SOMEBODY, isOwn: isOwnAccount(login, own), states },
  })
  if ('ignored' in told) return told
  const { kind, sentence, occurredAt, story, others = [], ...beside } = told
  if (occurredAt === null) throw new ParseError('missing field', 'issue.updated_at is not a time.')
  const activity: Activity = {
    key: keyOf(name, action, { storyId: story.id, occurredAt, payload }),
    format: 'json',
    projectId: project.id,
    projectName: textOf(objectOf(payload.repository).full_name),
    version: null,
    kind,
    highlight: null,
    occurredAt,
    author: login ?? '',
    authorId: textOf(sender.id),
    description: sentence,
    stories: [story],
    others,
  }
  return { activities: [{ activity, ...beside, ...deliveryIn(headers, `${name} ${action}`) }] }
}

/** Of what may happen to an issue twice in the second that GitHub's times have. */
function deliveryIn(headers: HookRequest['headers'], what: string): Pick<ReadActivity, 'delivery'> {
  const { [HOOK]: hook, [DELIVERY]: id } = headers
  const isOften = what === 'issues closed' || what === 'issues reopened'
  // The longest key that the store takes.
  return isOften && hook !== undefined && id !== undefined ? { delivery: { hook, id: id.slice(0, 100) } } : {}
}

/**
 * The id of the delivery is documented as that of the event, also of the hooks of a repository and of its organisation, but the
 * API tells none: what the event is stays. See also `deliveryIn`. What is made is made once, whatever it is when the API tells it.
 */
function keyOf(
  name: string,
  action: string,
  { storyId, occurredAt, payload }: { storyId: string; occurredAt: string; payload: Values },
): string {
  const comment = textOf(objectOf(payload.comment).id)
  if (name === 'issues' && action === 'opened') return eventKey('github', [name, action, storyId])
  if (name === 'issue_comment' && action === 'created' && comment !== null)
    return eventKey('github', [name, action, comment])
  return eventKey('github', [name, action, storyId, occurredAt, ...whatIn(payload)])
}

/** What tells two events of an issue in the same second apart. */
function whatIn({ comment, label, assignee, milestone, type, changes }: Values): unknown[] {
  const { id, body } = objectOf(comment)
  const parts = [
    id,
    body,
    objectOf(label).name,
    objectOf(assignee).login,
    objectOf(milestone).title,
    objectOf(type).name,
  ]
  const { title, body: text } = objectOf(changes)
  return [...parts, title, text].map((each) => each ?? null)
}

/** A web hook may be set to send forms (application/x-www-form-urlencoded) with the JSON inside. */
function unwrapped(body: Buffer): Buffer {
  if (body.subarray(0, 8).toString('latin1') !== 'payload=') return body
  return Buffer.from(new URLSearchParams(bodyText(body)).get('payload') ?? '')
}

/** For a body that is handed in again without its head. */
function eventIn(payload: Values): string {
  if (payload.zen !== undefined) return 'ping'
  if (payload.projects_v2_item !== undefined) return 'projects_v2_item'
  if (payload.issue === undefined) return 'what was sent'
  return payload.comment === undefined ? 'issues' : 'issue_comment'
}
