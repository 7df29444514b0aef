import { labelAdded, labelRemoved, type OwnWrite } from '../../connectors/contract/own-write.ts'
import type { StoryChange, StoryFields } from '../../tracker/activity.ts'
import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import type { ForeignState, TicketHint } from '../contract/source.ts'
import { eventTime } from '../kit/event-time.ts'
import { stateByLabels, storyTypeOf } from '../kit/label-states.ts'
import { enumerated, storyInSentence } from '../kit/sentence.ts'
import { deedOf, meaningOf, type StateMap, trackerState } from '../kit/states.ts'
import type { GitHubEvent, ToldOrNot } from './event.ts'
import { CATEGORIES } from './settings.ts'

/** What an account of the relay does to an issue. */
const WRITTEN = ['closed', 'reopened', 'labeled', 'unlabeled']

/** What an event changes, as far as people are told of it. */
interface Change {
  readonly fields: StoryFields
  readonly original: StoryFields
  /** After the name of who did it, with {} for the issue. */
  readonly words: string
  /** True if the state may be another one. */
  readonly isOfState?: boolean
}

export function issueOf({ action, issue, payload, author, isOwn, states }: GitHubEvent): ToldOrNot {
  const id = textOf(issue.id)
  if (id === null) throw new ParseError('missing field', 'issue.id is missing: the issue’s id.')
  const change = changeOf(action, issue, payload)
  if (change === null) return { ignored: 'no news', detail: `issues ${action} is nothing that people are told` }
  const isGone = action === 'deleted'
  const state = stateOf(issue, states)
  const now = trackerState(meaningOf(state, states, CATEGORIES))
  const before = change.isOfState === true ? stateOf(beforeOf(action, issue, payload), states) : state
  const isMoved = action === 'closed' || action === 'reopened' || before.id !== state.id
  const earlier = action === 'reopened' ? null : trackerState(meaningOf(before, states, CATEGORIES))
  const story: StoryChange = {
    id,
    change: isGone ? 'delete' : action === 'opened' ? 'create' : 'update',
    name: textOf(issue.title),
    storyType: typeIn(issue),
    url: textOf(issue.html_url),
    fields: { ...change.fields, ...((isMoved || action === 'opened') && now !== null ? { currentState: now } : {}) },
    original: { ...change.original, ...(isMoved && now !== null && earlier !== null ? { currentState: earlier } : {}) },
    comments: [],
    ...(isMoved && now === null ? { deed: deedOf(meaningOf(state, states, CATEGORIES), state) } : {}),
  }
  const name = storyInSentence(`#${textOf(issue.number) ?? '?'}`, story.name)
  const to = isMoved && state.category === null ? `, which is ${state.name} now` : ''
  return {
    kind: { create: 'story_create', update: 'story_update', delete: 'story_delete' }[story.change],
    sentence: `${author} ${change.words.replace('{}', () => name)}${to}`,
    occurredAt: eventTime(action === 'closed' ? issue.closed_at : null, issue.updated_at, issue.created_at),
    story,
    ...(now === null || isGone ? {} : { states: { [id]: now } }),
    ...(isGone ? {} : { tickets: hintsOf(id, issue) }),
    ...(isOwn && WRITTEN.includes(action) ? { own: `${author}, an account of the relay, did it: ${action}` } : {}),
    ...changesOf(action, issue, payload),
  }
}

/** As the connector foretells its writes. */
function changesOf(action: string, issue: Values, payload: Values): { changes?: OwnWrite } {
  const page = textOf(issue.html_url)
  const label = textOf(objectOf(payload.label).name)
  if (page === null) return {}
  if (action === 'closed') return { changes: { page, changes: ['closed'] } }
  if (action === 'reopened') return { changes: { page, changes: ['opened'] } }
  if (label === null || !WRITTEN.includes(action)) return {}
  return { changes: { page, changes: [action === 'labeled' ? labelAdded(label) : labelRemoved(label)] } }
}

/** Null for what people are not told of: pins, locks, and what GitHub may add. */
function changeOf(action: string, issue: Values, payload: Values): Change | null {
  const labels = labelsIn(issue)
  const label = textOf(objectOf(payload.label).name)
  const person = textOf(objectOf(payload.assignee).login)
  const milestone = textOf(objectOf(payload.milestone).title)
  const type = textOf(objectOf(payload.type).name)
  const nothing = { fields: {}, original: {} }
  switch (action) {
    case 'opened':
      return {
        fields: {
          ...{ name: textOf(issue.title), description: textOf(issue.body), labels, ownedBy: ownerIn(issue) },
          ...(typeIn(issue) === null ? {} : { storyType: typeIn(issue) }),
        },
        original: {},
        words: 'added {}',
      }
    case 'closed':
      return { ...nothing, words: `closed {} as ${reasonIn(issue).replace('_', ' ')}`, isOfState: true }
    case 'reopened':
      return { ...nothing, words: 'reopened {}' }
    case 'deleted':
      return { ...nothing, words: 'deleted {}' }
    case 'labeled':
    case 'unlabeled': {
      if (label === null) return null
      const others = labels.filter((each) => each !== label)
      const [now, before] = action === 'labeled' ? [[...others, label], others] : [others, [...others, label]]
      const words = action === 'labeled' ? `added the label "${label}" to {}` : `removed the label "${label}" from {}`
      return { fields: { labels: now }, original: { labels: before }, words, isOfState: true }
    }
    case 'assigned':
    case 'unassigned': {
      const words = action === 'assigned' ? `assigned {} to ${person}` : `took {} from ${person}`
      return person === null ? null : { fields: { ownedBy: ownerIn(issue) }, original: {}, words }
    }
    case 'milestoned':
      return {
        ...nothing,
        words: `put {} into the milestone "${milestone ?? textOf(objectOf(issue.milestone).title)}"`,
      }
    case 'demilestoned':
      return { ...nothing, words: `took {} out of the milestone "${milestone}"` }
    case 'typed':
    case 'untyped':
      return {
        fields: { storyType: typeIn(issue) },
        original: {},
        words: `changed the type of {} to ${type ?? 'none'}`,
      }
    case 'edited':
      return editOf(issue, objectOf(payload.changes))
    case 'transferred': {
      const { html_url } = objectOf(objectOf(payload.changes).new_issue)
      return { ...nothing, words: `transferred {} to ${textOf(html_url) ?? 'another repository'}` }
    }
    default:
      return null
  }
}

function editOf(issue: Values, { title, body }: Values): Change | null {
  const parts = [...(title === undefined ? [] : ['the title']), ...(body === undefined ? [] : ['the description'])]
  if (parts.length === 0) return null
  return {
    fields: {
      ...(title === undefined ? {} : { name: textOf(issue.title) }),
      ...(body === undefined ? {} : { description: textOf(issue.body) }),
    },
    original: {
      ...(title === undefined ? {} : { name: textOf(objectOf(title).from) }),
      ...(body === undefined ? {} : { description: textOf(objectOf(body).from) }),
    },
    words: `changed ${enumerated(parts)} of {}`,
  }
}

/** The issue as it was, as far as its state is concerned. */
function beforeOf(action: string, issue: Values, { label }: Values): Values {
  if (action === 'closed') return { ...issue, state: 'open' }
  const name = textOf(objectOf(label).name)
  const others = listOf(issue.labels, 'issue.labels').filter((each) => textOf(each.name) !== name)
  return { ...issue, labels: action === 'unlabeled' ? [...others, { name }] : others }
}

/** Of closed issues the reason, of open ones what their labels mean. */
export function stateOf(issue: Values, states: StateMap): ForeignState {
  const closed = textOf(issue.state) === 'closed'
  const reason = reasonIn(issue)
  return stateByLabels(closed ? { id: 'closed', name: reason, category: reason } : null, labelsIn(issue), states, {
    id: 'open',
    name: 'open',
    category: 'open',
  })
}

/** Enterprise Servers before 3.5 tell no reason. */
const reasonIn = ({ state_reason }: Values): string => textOf(state_reason) ?? 'completed'

export function labelsIn({ labels }: Values): string[] {
  return listOf(labels, 'issue.labels').flatMap(({ name }) => textOf(name) ?? [])
}

function typeIn(issue: Values): string | null {
  return storyTypeOf(textOf(objectOf(issue.type).name), labelsIn(issue))
}

function ownerIn({ assignees, assignee }: Values): string | null {
  const [first] = listOf(assignees, 'issue.assignees')
  return textOf(objectOf(first ?? assignee).login)
}

function hintsOf(storyId: string, issue: Values): TicketHint[] {
  const hints: TicketHint[] = labelsIn(issue).map((label) => ({ storyId, label }))
  const text = textOf(issue.body)
  return text === null ? hints : [...hints, { storyId, text }]
}
