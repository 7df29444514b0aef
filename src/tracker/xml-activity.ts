import type { Activity, Comment, Link, StoryChange, StoryFields } from './activity.ts'
import { toldBy } from './description.ts'
import { ParseError, shown } from './parse-error.ts'
import { keyOfBytes, optionalId, optionalVersion, requiredId, requiredKind, requiredTime } from './required.ts'
import { isoTime } from './times.ts'
import type { Document, Element } from './xml.ts'

type Change = StoryChange['change']

/** The elements of a link in v2 and v3; those of Bugzilla and Get Satisfaction are guessed from the others. */
const LINK_ELEMENTS: readonly (readonly [Link['system'], string, string])[] = [
  ['jira', 'jira_id', 'jira_url'],
  ['lighthouse', 'lighthouse_id', 'lighthouse_url'],
  ['zendesk', 'zendesk_id', 'zendesk_url'],
  ['bugzilla', 'bugzilla_id', 'bugzilla_url'],
  ['get_satisfaction', 'satisfaction_id', 'satisfaction_url'],
  ['get_satisfaction', 'get_satisfaction_id', 'get_satisfaction_url'],
  ['other', 'other_id', 'other_url'],
  [null, 'external_id', 'external_url'],
]

const LINK_NAMES = new Set(['integration_id', ...LINK_ELEMENTS.map(([, id]) => id)])

/**
 * Reads an activity of the web hook of API v2 and v3. Its stories are differences: an absent field was not touched, an
 * empty one was cleared.
 * @throws {ParseError} 'not an activity', 'list', 'missing field' or 'bad field'
 */
export function activityFromXml(document: Document, body: Buffer): Activity {
  const activity = activityElement(document)
  const projectId = requiredId(text(activity, 'project_id'), '<project_id>')
  const id = optionalId(text(activity, 'id'))
  const kind = requiredKind(text(activity, 'event_type'), '<event_type>')
  const author = (text(activity, 'author') ?? '').trim()
  const description = text(activity, 'description') ?? ''
  const stories = childrenOf(activity, 'stories', 'story').map((story) => storyChange(story, changeOf(kind)))
  return {
    key: id === null ? keyOfBytes(body) : `${projectId}:${id}`,
    format: 'xml',
    projectId,
    projectName: null,
    version: optionalVersion(text(activity, 'version'), '<version>'),
    kind,
    highlight: null,
    occurredAt: requiredTime(text(activity, 'occurred_at'), '<occurred_at>'),
    author,
    authorId: null,
    description,
    stories: withSentence(merged(stories), description, author),
    others: [],
  }
}

function activityElement({ root, children, element }: Document): Element {
  if (root === 'activities') {
    const count = children.get('activity') ?? 0
    throw new ParseError('list', `The body is a list of ${count} activities; post each one on its own.`)
  }
  if (root !== 'activity') {
    throw new ParseError('not an activity', `The root element is <${root.slice(0, 60)}>; expected <activity>.`)
  }
  return typeof element === 'string' ? {} : element
}

function changeOf(kind: string): Change {
  if (/^(multi_)?story_(delete|move_from_project)/.test(kind)) return 'delete'
  if (/^(multi_)?story_(create|move_into_project)/.test(kind)) return 'create'
  return 'update'
}

function storyChange(story: Element, change: Change): StoryChange {
  const fields = storyFields(story)
  const link = linkOf(story)
  return {
    id: requiredId(text(story, 'id'), '<id> of a <story>'),
    change,
    name: fields.name ?? null,
    storyType: fields.storyType ?? null,
    url: nonEmpty(text(story, 'url')?.trim()),
    fields,
    original: {},
    comments: childrenOf(story, 'notes', 'note').map(comment),
    ...(link === undefined ? {} : { link }),
  }
}

function storyFields(story: Element): StoryFields {
  const fields: StoryFields = {}
  const name = text(story, 'name')
  const description = text(story, 'description')
  const storyType = text(story, 'story_type')
  const currentState = text(story, 'current_state')
  const estimate = text(story, 'estimate')
  const labels = text(story, 'labels')
  const ownedBy = text(story, 'owned_by')
  const requestedBy = text(story, 'requested_by')
  if (name !== undefined) fields.name = nonEmpty(name)
  if (description !== undefined) fields.description = nonEmpty(description)
  if (storyType !== undefined) fields.storyType = nonEmpty(storyType.trim())
  if (currentState !== undefined) fields.currentState = nonEmpty(currentState.trim())
  if (estimate !== undefined) setEstimate(fields, estimate.trim())
  if (labels !== undefined) fields.labels = labelList(labels)
  if (ownedBy !== undefined) fields.ownedBy = nonEmpty(ownedBy.trim())
  if (requestedBy !== undefined) fields.requestedBy = nonEmpty(requestedBy.trim())
  setTime(fields, 'acceptedAt', text(story, 'accepted_at'))
  setTime(fields, 'deadline', text(story, 'deadline'))
  return fields
}

/** v2 and v3 write -1 for a story without an estimate. */
function setEstimate(fields: StoryFields, value: string): void {
  const estimate = value === '' ? -1 : Number(value)
  if (Number.isFinite(estimate)) fields.estimate = estimate < 0 ? null : estimate
}

function setTime(fields: StoryFields, field: 'acceptedAt' | 'deadline', value: string | undefined): void {
  if (value === undefined) return
  const iso = value.trim() === '' ? null : isoTime(value)
  if (iso !== null || value.trim() === '') fields[field] = iso
}

function labelList(value: string): string[] | null {
  const labels = value
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '')
  return labels.length === 0 ? null : labels
}

function comment(note: Element): Comment {
  return { id: optionalId(text(note, 'id')), change: 'create', text: text(note, 'text') ?? '' }
}

/** Undefined if the link was not touched, null if it was removed. */
export function linkOf(story: Element): Link | null | undefined {
  if (!Object.keys(story).some((name) => LINK_NAMES.has(name))) return undefined
  const integration = text(story, 'integration_id')
  const integrationId = nonEmpty(integration?.trim())
  let cleared = integration !== undefined && integrationId === null
  for (const [system, idElement, urlElement] of LINK_ELEMENTS) {
    const id = text(story, idElement)
    const externalId = nonEmpty(id?.trim())
    if (externalId !== null) {
      return { system, integrationId, externalId, externalUrl: nonEmpty(text(story, urlElement)?.trim()) }
    }
    cleared ||= id !== undefined
  }
  return cleared ? null : undefined
}

/** Makes one change of each story, even if it is mentioned twice. */
function merged(changes: StoryChange[]): StoryChange[] {
  if (changes.length < 2) return changes
  const byId = new Map<string, StoryChange>()
  for (const change of changes) {
    const before = byId.get(change.id)
    if (before !== undefined) before.comments.push(...change.comments)
    const comments = before?.comments ?? change.comments
    byId.set(change.id, {
      ...before,
      ...change,
      name: change.name ?? before?.name ?? null,
      storyType: change.storyType ?? before?.storyType ?? null,
      url: change.url ?? before?.url ?? null,
      fields: { ...before?.fields, ...change.fields },
      comments,
    })
  }
  return [...byId.values()]
}

/** Of several stories the sentence tells only how many there are. */
function withSentence(stories: StoryChange[], description: string, author: string): StoryChange[] {
  const [story, ...more] = stories
  if (story === undefined || more.length > 0) return stories
  const told = toldBy(description.trim(), author)
  // In 2013 only the sentence had a rejection's comment; in 2012 it came as a note as well.
  const missed = story.comments.length === 0 && story.fields.currentState === 'rejected' ? told.comment : null
  return [
    {
      ...story,
      name: story.name ?? told.name,
      comments: missed === null ? story.comments : [{ id: null, change: 'create', text: missed }],
    },
  ]
}

function text(parent: Element, name: string): string | undefined {
  const child = parent[name]
  if (child === undefined || typeof child === 'string') return child
  const problem = Array.isArray(child) ? 'is given more than once' : 'has elements in it'
  throw new ParseError('bad field', `<${name}> ${problem}; expected one text.`)
}

/** The elements of a list such as `<stories><story>`, with or without `type="array"`; empty if the list is absent. */
function childrenOf(parent: Element, listName: string, name: string): Element[] {
  const list = parent[listName]
  if (list === undefined || (typeof list === 'string' && list.trim() === '')) return []
  if (typeof list === 'string' || isList(list)) {
    throw new ParseError('bad field', `<${listName}> is ${shown(list)}; expected one list of <${name}>.`)
  }
  const children = list[name]
  if (children === undefined) return []
  return (isList(children) ? children : [children]).map((child) => (typeof child === 'string' ? {} : child))
}

function isList(value: Element | string | readonly (Element | string)[]): value is readonly (Element | string)[] {
  return Array.isArray(value)
}

function nonEmpty(value: string | undefined): string | null {
  return value === undefined || value.trim() === '' ? null : value
}
