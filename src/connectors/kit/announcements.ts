import { Type } from 'typebox'
import type { Activity, Comment, StoryChange } from '../../tracker/activity.ts'
import type { Announcement } from '../contract/effect.ts'
import { isSaying, wordingOf } from './wording.ts'

export interface AnnouncementChoice {
  readonly created: boolean
  /** unscheduled, unstarted and planned are never announced, even if they are listed. */
  readonly states: readonly string[]
  readonly comments: boolean
}

export const announcedStates = ['started', 'finished', 'delivered', 'accepted', 'rejected'] as const

/**
 * The announcements of an activity, in the order of its stories. A comment that came with an announced state change is
 * part of that announcement; a new story is announced once, whatever its state; a deleted one never. Edited and deleted
 * comments are not announced: what was said cannot be taken back.
 */
export function announcements(activity: Activity, choose: AnnouncementChoice): Announcement[] {
  return activity.stories.flatMap((story) => {
    if (story.change === 'delete') return []
    const say = (what: Announcement['what'], comments: readonly Comment[]): Announcement => ({
      kind: 'announce',
      what,
      storyId: story.id,
      author: activity.author,
      text: textOf(comments),
      ...wordingOf(activity, comments),
    })
    const comments = choose.comments ? story.comments.filter(isNews) : []
    const state = newState(story, choose.states)
    if (state !== null) return [say(state, comments)]
    if (story.deed !== undefined && choose.states.length > 0) return [{ ...say('changed', comments), deed: story.deed }]
    const created = choose.created && story.change === 'create' ? [say(cameBy(activity), [])] : []
    return [...created, ...comments.map((comment) => say('commented', [comment]))]
  })
}

const isNews = (comment: Comment): boolean => comment.change === 'create' && isSaying(comment)

function textOf(comments: readonly Comment[]): string | null {
  const texts = comments.map(({ text }) => text).filter((text) => text.trim() !== '')
  return texts.length === 0 ? null : texts.join('\n\n')
}

/** A story from another project was not made now. */
function cameBy({ kind }: Activity): 'created' | 'moved' {
  return kind.includes('move_into_project') ? 'moved' : 'created'
}

/** The three switches of Tracker's own integrations. */
export const publishSettings = {
  publish_new_stories: Type.Boolean({ default: true, description: 'Publish new stories?' }),
  publish_story_state_changes: Type.Boolean({
    default: true,
    description: 'Publish story state changes (accepted, delivered or rejected)?',
  }),
  publish_story_comments: Type.Boolean({ default: true, description: 'Publish story comments?' }),
}
export type PublishSettings = { readonly [Name in keyof typeof publishSettings]: boolean }

export function publishedAnnouncements(activity: Activity, settings: PublishSettings): Announcement[] {
  return announcements(activity, {
    created: settings.publish_new_stories,
    states: settings.publish_story_state_changes ? ['delivered', 'accepted', 'rejected'] : [],
    comments: settings.publish_story_comments,
  })
}

function newState(story: StoryChange, chosen: readonly string[]): (typeof announcedStates)[number] | null {
  const state = story.fields.currentState ?? null
  if (story.change !== 'update' || state === null || state === story.original.currentState) return null
  return announcedStates.find((each) => each === state && chosen.includes(each)) ?? null
}
