import { type OwnWrite, statusSet } from '../../connectors/contract/own-write.ts'
import type { Activity, Attachment, Comment, StoryChange } from '../../tracker/activity.ts'
import type { ReadActivity, SourceProject, TicketHint } from '../contract/source.ts'
import { eventKey } from '../kit/event-key.ts'
import {
  deedOf,
  MEANINGS,
  type Meaning,
  meaningOf,
  type StateMap,
  type TrackerState,
  trackerState,
} from '../kit/states.ts'
import type { MappedActivity, MappedComment, MappedStory } from './result.ts'
import { sentenceOf } from './sentence.ts'

export interface Telling {
  readonly project: SourceProject
  /** The tool, or the name of the source. */
  readonly of: string
  readonly states: StateMap
}

/**
 * The activity that a result tells, filled up with what it leaves out.
 * @param occurredAt in ISO 8601
 * @param otherwise what makes it itself if the result has no key
 */
export function toldActivity(
  mapped: MappedActivity,
  occurredAt: string,
  otherwise: readonly unknown[],
  { project, of, states }: Telling,
): ReadActivity {
  const { author = '', authorId = null, highlight = null, stories: mappedStories = [] } = mapped
  const stories = mappedStories.map((story) => toldStory(story, states))
  const activity: Activity = {
    key: eventKey(of, mapped.key === undefined || mapped.key === null ? otherwise : [mapped.key]),
    format: 'json',
    projectId: project.id,
    projectName: mapped.projectName ?? project.name,
    version: null,
    kind: mapped.kind ?? kindOf(stories),
    highlight,
    occurredAt,
    author,
    authorId,
    description: mapped.description ?? sentenceOf(author, stories),
    stories,
    others: (mapped.others ?? []).map(
      ({ kind, id = null, change = 'update', storyId = null, epicId, name = null }) => ({
        ...{ kind, id, change, storyId, name },
        ...(epicId === undefined ? {} : { epicId }),
      }),
    ),
  }
  const now = Object.fromEntries(
    mappedStories.flatMap(({ id, now }) => {
      const state = stateOf(now, states)?.tracker ?? null
      return state === null ? [] : [[id, state]]
    }),
  )
  const tickets = mappedStories.flatMap(hintsOf)
  return {
    activity,
    ...(Object.keys(now).length === 0 ? {} : { states: now, compares: true }),
    ...(tickets.length === 0 ? {} : { tickets }),
    ...changesOf(mappedStories),
  }
}

/** A status that was set, if that is all; as the connector to the same tool foretells it. */
function changesOf([story, ...others]: readonly MappedStory[]): { changes?: OwnWrite } {
  const { change = 'update', url, state, fields = {}, comments = [] } = story ?? {}
  if (others.length > 0 || change !== 'update' || comments.length > 0 || Object.keys(fields).length > 0) return {}
  const name = state?.name
  return typeof url !== 'string' || name === undefined ? {} : { changes: { page: url, changes: [statusSet(name)] } }
}

function toldStory(mapped: MappedStory, states: StateMap): StoryChange {
  const { id, change = 'update', name = null, storyType = null, url = null, comments = [], fields = {} } = mapped
  const state = stateOf(mapped.state, states)
  const now = state?.tracker ?? null
  const was = stateOf(mapped.before, states)?.tracker ?? null
  const deed = now === null ? (mapped.deed ?? state?.deed) : undefined
  return {
    ...{ id, change, name, storyType, url },
    fields: { ...fields, ...(now === null ? {} : { currentState: now }) },
    original: { ...mapped.original, ...(was === null || now === null ? {} : { currentState: was }) },
    comments: comments.map(toldComment),
    ...(deed === undefined || change !== 'update' ? {} : { deed }),
  }
}

/** The meaning that the expression gives is the state's category. */
const OWN: Readonly<Record<string, Meaning>> = Object.fromEntries(MEANINGS.map((each) => [each, each]))

/** What a state is in Tracker's words, or the deed that tells it. */
function stateOf(state: MappedStory['state'], states: StateMap): { tracker: TrackerState | null; deed: string } | null {
  const { name, id = name, meaning: category = null } = state ?? {}
  if (name === undefined || id === undefined) return null
  const meaning = meaningOf({ id, name, category }, states, OWN)
  return { tracker: trackerState(meaning), deed: deedOf(meaning, { name }) }
}

function toldComment({ id, change = 'create', text = '', attachments = [] }: MappedComment): Comment {
  const files = attachments.map(
    (told): Attachment => ({
      ...{ kind: 'file', id: null, name: null, contentType: null, size: null, url: null },
      ...told,
    }),
  )
  return { id: id ?? null, change, text, ...(files.length === 0 ? {} : { attachments: files }) }
}

/** What somebody said outright first. */
function hintsOf({ id: storyId, links = [], labels, fields = {}, text }: MappedStory): TicketHint[] {
  const texts = [text, fields.description].filter((each) => typeof each === 'string' && each !== '')
  return [
    ...links.map((url) => ({ storyId, url })),
    ...(labels ?? fields.labels ?? []).map((label) => ({ storyId, label })),
    ...texts.map((each) => ({ storyId, text: String(each) })),
  ]
}

function kindOf(stories: readonly StoryChange[]): string {
  const [first] = stories
  if (first === undefined) return 'story_update'
  const [comment] = first.comments
  const isOnlyComment = Object.keys(first.fields).length === 0 && first.change === 'update' && first.deed === undefined
  return comment !== undefined && isOnlyComment ? `comment_${comment.change}` : `story_${first.change}`
}
