import type { Activity, StoryChange } from '../../tracker/activity.ts'
import type { CommentEffect, StateEffect } from '../contract/effect.ts'
import { isMarked } from './marker.ts'
import { wordingOf } from './wording.ts'

export interface TicketChoice {
  readonly comments: boolean
  readonly states: boolean
}

/**
 * The comments and state changes of an activity, each its own effect, so that a retry never repeats the half that
 * succeeded. Comments come first, because a ticket that the state closes may refuse them afterwards.
 */
export function ticketEffects(activity: Activity, choice: TicketChoice): (CommentEffect | StateEffect)[] {
  return activity.stories.flatMap((story) => [
    ...(choice.comments ? commentEffects(activity, story) : []),
    ...(choice.states ? stateEffects(activity, story) : []),
  ])
}

function commentEffects(activity: Activity, story: StoryChange): CommentEffect[] {
  return story.comments
    .filter(({ change, text }) => change === 'create' && text.trim() !== '' && !isMarked(text))
    .map(({ id, text }) => ({
      kind: 'comment',
      storyId: story.id,
      author: activity.author,
      text,
      ...wordingOf(activity),
      commentId: id,
    }))
}

/** Not for a new story, so that the ticket it was made from is not touched. */
function stateEffects(activity: Activity, story: StoryChange): StateEffect[] {
  const state = story.fields.currentState ?? null
  const from = story.original.currentState ?? null
  if (story.change !== 'update' || state === null || state === from) return []
  return [{ kind: 'state', storyId: story.id, author: activity.author, state, from }]
}
