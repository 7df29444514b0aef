import type { Activity, OtherChange, StoryChange } from '../../tracker/activity.ts'
import { objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import type { Directory, HookRequest, Reading, SourceProject, TicketHint } from '../contract/source.ts'
import { eventKey } from '../kit/event-key.ts'
import { eventTime } from '../kit/event-time.ts'
import { jsonEvent } from '../kit/json-event.ts'
import { enumerated, SOMEBODY } from '../kit/sentence.ts'
import type { StateMap } from '../kit/states.ts'
import { commentOf, mentioned, taskOf } from './comment.ts'
import { type Action, actionsIn, referencesIn } from './event.ts'
import { shownStory, storyOf } from './story.ts'

interface Surroundings {
  readonly project: SourceProject
  readonly directory: Directory
  readonly states: StateMap
}

/** Of one event about many stories. */
const MOST_TOLD = 3

/** The length of an ISO time up to its seconds. */
const SECONDS = 19

/** One event is one activity, of all the stories that it touches. */
export async function read(
  { body }: Pick<HookRequest, 'body'>,
  { project, directory, states }: Surroundings,
): Promise<Reading> {
  const event = jsonEvent(body, 'Shortcut')
  if (!Array.isArray(event.actions))
    throw new ParseError(
      'missing field',
      'The body has no actions, which all outgoing web hooks (v1) of Shortcut have.',
    )
  const occurredAt = eventTime(event.changed_at)
  if (occurredAt === null) throw new ParseError('missing field', 'changed_at is not a time.')
  const actions = actionsIn(event)
  const references = referencesIn(event, actions)
  const stories = new Map<string, StoryChange>()
  const now = new Map<string, string>()
  const comments: string[] = []
  const moves: string[] = []
  const deeds: string[] = []
  const others: OtherChange[] = []
  const tickets: TicketHint[] = []

  const tasks = actions.flatMap((action) => (action.type === 'story-task' ? (taskOf(action, actions) ?? []) : []))
  const withTasks = new Set(tasks.map(({ storyId }) => storyId))

  for (const action of actions.filter(({ type }) => type === 'story')) {
    const told = await storyOf(action, { references, directory, states, withTasks })
    tickets.push(...told.tickets)
    // Such as one that somebody only follows now.
    if (told.deed === null) continue
    if (told.isMoved) moves.push(told.deed)
    else deeds.push(told.deed)
    others.push(...told.others)
    stories.set(action.id, told.story)
    if (told.state !== null) now.set(action.id, told.state)
  }
  for (const action of actions) {
    const told = action.type === 'story-comment' ? commentOf(action, actions) : null
    if (told === null) continue
    const story = storyWith(told.storyId)
    story.comments.push(told.comment)
    comments.push(`${told.deed} ${shownStory(story)}`)
  }
  for (const { storyId, other, deed } of tasks) {
    others.push(other)
    const story = storyWith(storyId)
    // A new story may come with many.
    if (story.change !== 'create') deeds.push(`${deed} ${shownStory(story)}`)
  }

  if (stories.size === 0 && actions.some(({ type }) => type === 'story'))
    return { ignored: 'no news', detail: 'the event changes nothing that people are told' }
  if (stories.size === 0) return { ignored: 'no story', detail: `the event is about ${typesOf(actions)}` }
  const memberId = textOf(event.member_id)
  const author = memberId === null ? null : await nameOf(memberId)
  // What matters most must not be among those that are only counted.
  const all = [...comments, ...moves, ...deeds]
  const sentence = all.length > MOST_TOLD ? [...all.slice(0, MOST_TOLD), `${all.length - MOST_TOLD} more`] : all
  const told = [...stories.values()]
  const activity: Activity = {
    key: keyOf(event, actions, occurredAt),
    format: 'json',
    projectId: project.id,
    projectName: null,
    version: null,
    kind: kindOf(told),
    highlight: null,
    occurredAt,
    author: author ?? '',
    authorId: memberId,
    description: `${author ?? SOMEBODY} ${sentence.join('; ')}`,
    stories: told,
    others,
  }
  return { activities: [{ activity, states: Object.fromEntries(now), tickets }] }

  function storyWith(id: string): StoryChange {
    const story = stories.get(id) ?? mentioned(id, references)
    stories.set(id, story)
    return story
  }

  /** An event has the id of a person alone; some have a reference to it. */
  async function nameOf(id: string): Promise<string | null> {
    return (await directory.person(id)) ?? textOf(references.find('member', id)?.name)
  }
}

/**
 * The event's id, but for what the API tells afterwards: of that the key says what it is, since Shortcut does not document
 * that a story's history has the ids, or the milliseconds, of hooks.
 */
function keyOf(event: Values, actions: readonly Action[], occurredAt: string): string {
  const made = (type: string): string | undefined =>
    actions.find((each) => each.type === type && each.action === 'create')?.id
  const comment = made('story-comment')
  if (comment !== undefined) return eventKey('shortcut', ['comment', comment])
  const story = made('story')
  if (story !== undefined) return eventKey('shortcut', ['story', story])
  const moves = actions.filter(({ type, changes }) => type === 'story' && stateIn(changes) !== null)
  const [moved] = moves
  if (moved !== undefined && moves.length === 1)
    return eventKey('shortcut', ['state', moved.id, stateIn(moved.changes), occurredAt.slice(0, SECONDS)])
  const id = textOf(event.id)
  return id === null ? eventKey('shortcut', [event]) : `shortcut:${id.slice(0, 100)}`
}

const stateIn = (changes: Values): string | null => textOf(objectOf(changes.workflow_state_id).new)

function typesOf(actions: readonly { readonly type: string }[]): string {
  const types = [...new Set(actions.map(({ type }) => type))]
  return types.length === 0 ? 'nothing' : `${enumerated(types)}, and no story`
}

function kindOf(stories: readonly StoryChange[]): string {
  const [only] = stories
  if (only === undefined || stories.length > 1)
    return stories.some(({ change }) => change === 'create') ? 'story_create' : 'multi_story_update'
  const [comment] = only.comments
  return comment === undefined || only.change !== 'update' ? `story_${only.change}` : `comment_${comment.change}`
}
