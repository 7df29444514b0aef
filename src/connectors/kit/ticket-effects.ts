import { type Static, Type } from 'typebox'
import type { Activity, Comment, StoryChange } from '../../tracker/activity.ts'
import type { CommentEffect, StateEffect } from '../contract/effect.ts'
import { isSaying, wordingOf } from './wording.ts'

const asked = (what: string) =>
  Type.Optional(
    Type.Union([Type.Literal('ignore'), Type.Literal('note')], {
      description: `ignore (the default): write nothing; note: ${what}`,
    }),
  )

const CommentChoice = Type.Union([
  Type.Boolean(),
  Type.Object(
    {
      edits: asked('when a comment is edited, post its new text as another comment'),
      deletions: asked('when a comment is deleted, post that it was'),
    },
    { additionalProperties: false },
  ),
])
type CommentChoice = Static<typeof CommentChoice>

/**
 * The setting `update_comments`. @param what is done with comments, in one sentence without its full stop
 */
export function commentChoice(what: string) {
  return Type.Union(CommentChoice.anyOf, {
    default: true,
    description:
      `${what}. What was posted stays as it is: if the comment is edited or deleted later, nothing is written, unless ` +
      'the value is {edits: note}, {deletions: note} or both.',
  })
}

export interface TicketChoice {
  readonly comments: CommentChoice
  readonly states: boolean
}

/**
 * The comments and state changes of an activity, each its own effect, so that a retry never repeats the half that
 * succeeded. Comments come first, because a ticket that the state closes may refuse them afterwards.
 */
export function ticketEffects(activity: Activity, choice: TicketChoice): (CommentEffect | StateEffect)[] {
  return activity.stories.flatMap((story) => [
    ...story.comments.flatMap((comment) => commentEffect(activity, story, comment, choice.comments)),
    ...(choice.states ? stateEffects(activity, story) : []),
  ])
}

function commentEffect(
  activity: Activity,
  story: StoryChange,
  comment: Comment,
  choice: CommentChoice,
): CommentEffect[] {
  const { id: commentId, change, text } = comment
  const effect = { kind: 'comment', storyId: story.id, author: activity.author, commentId } as const
  const { edits = 'ignore', deletions = 'ignore' } = typeof choice === 'object' ? choice : {}
  if (change === 'delete') return deletions === 'note' ? [{ ...effect, text: '', change }] : []
  if (choice === false || !isSaying(comment) || (change === 'update' && edits !== 'note')) return []
  const wording = wordingOf(activity, [comment])
  return [{ ...effect, text, ...wording, ...(change === 'update' ? { change } : {}) }]
}

/** Not for a new story, so that the ticket it was made from is not touched. */
function stateEffects(activity: Activity, story: StoryChange): StateEffect[] {
  const state = story.fields.currentState ?? null
  const from = story.original.currentState ?? null
  if (story.change !== 'update' || state === null || state === from) return []
  return [{ kind: 'state', storyId: story.id, author: activity.author, state, from }]
}
