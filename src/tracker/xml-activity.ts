import type { Activity, Attachment, Comment, Link, OtherChange, StoryChange, StoryFields } from './activity.ts'
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
  const elements = childrenOf(activity, 'stories', 'story')
  const stories = elements.map((story) => storyChange(story, kind))
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
    stories: withSentence(merged(stories), kind, description, author),
    others: elements.flatMap((story) => tasksOf(story, kind)),
  }
}

function activityElement({ root, children, element }: Document): Element {
  if (root === 'activities') {
    const count = children.get('activity') ?? 0
    throw new ParseError('list', `The body is a list of ${count} activities; expected one alone.`)
  }
  if (root !== 'activity') {
    throw new ParseError('not an activity', `The root element is <${root.slice(0, 60)}>; expected <activity>.`)
  }
  return typeof element === 'string' ? {} : element
}

function changeOf(kind: string): Change {
  if (/^(multi_)?(story_delete|(story_)?move_from_project)/.test(kind)) return 'delete'
  if (/^(multi_)?(story_create|(story_)?move_into_project)/.test(kind)) return 'create'
  return 'update'
}

/** The kind alone tells an edited or deleted comment (task, ...) from a new one: it has its text like a new one. */
function changeOfPart(kind: string, part: RegExp): Change {
  if (!part.test(kind)) return 'create'
  if (/_(delete|remove)/.test(kind)) return 'delete'
  return /_(update|edit)/.test(kind) ? 'update' : 'create'
}

const isOfComments = /^(note|comment)_/

function storyChange(story: Element, kind: string): StoryChange {
  const change = changeOf(kind)
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
    comments: commentsOf(story, kind),
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

/** Files are told beside the comment that they came with. */
function commentsOf(story: Element, kind: string): Comment[] {
  const change = changeOfPart(kind, isOfComments)
  const comments = childrenOf(story, 'notes', 'note').map((note): Comment => {
    return { id: optionalId(text(note, 'id')), change, text: text(note, 'text') ?? '', ...attachmentsOf(note) }
  })
  const { attachments } = attachmentsOf(story)
  if (attachments === undefined) return comments
  const last = comments.pop()
  if (last !== undefined) return [...comments, { ...last, attachments: [...(last.attachments ?? []), ...attachments] }]
  return [{ id: null, change: changeOfPart(kind, /^((note|comment)_|attachment|file)/), text: '', attachments }]
}

function attachmentsOf(parent: Element): Pick<Comment, 'attachments'> {
  const attachments = childrenOf(parent, 'attachments', 'attachment').map(attachmentOf)
  return attachments.length === 0 ? {} : { attachments }
}

function attachmentOf(file: Element): Attachment {
  const size = Number(text(file, 'size')?.trim() || Number.NaN)
  const description = nonEmpty(text(file, 'description')?.trim())
  return {
    kind: 'file',
    id: optionalId(text(file, 'id')),
    name: nonEmpty(text(file, 'filename')?.trim()),
    contentType: nonEmpty(text(file, 'content_type')?.trim()),
    size: Number.isSafeInteger(size) && size >= 0 ? size : null,
    url: nonEmpty(text(file, 'url')?.trim()),
    ...(description === null ? {} : { description }),
  }
}

function tasksOf(story: Element, kind: string): OtherChange[] {
  const storyId = optionalId(text(story, 'id'))
  return childrenOf(story, 'tasks', 'task').map((task) => ({
    kind: 'task',
    id: optionalId(text(task, 'id')),
    change: changeOfPart(kind, /^task_/),
    storyId,
    name: nonEmpty(text(task, 'description')),
  }))
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
function withSentence(stories: StoryChange[], kind: string, description: string, author: string): StoryChange[] {
  const [story, ...more] = stories
  if (story === undefined || more.length > 0) return stories
  const told = toldBy(description.trim(), author)
  return [{ ...story, name: story.name ?? told.name, comments: withTold(story, kind, told.comment) }]
}

/**
 * In 2013 only the sentence had a rejection's comment, in 2012 it came as a note as well; and some comments of their own
 * come without a note, or with one that is empty.
 */
function withTold({ comments, fields }: StoryChange, kind: string, told: string | null): Comment[] {
  const isTold = isOfComments.test(kind) || fields.currentState === 'rejected'
  if (told === null || !isTold || comments.length > 1) return comments
  const [comment = { id: null, change: changeOfPart(kind, isOfComments), text: '' }] = comments
  return comment.text.trim() === '' ? [{ ...comment, text: told }] : comments
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
