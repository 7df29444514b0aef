import { linkAt, linkInText, linkOfLabel } from '../links/hints.ts'
import type { TicketPlace } from '../links/match.ts'
import type { ReadActivity, TicketHint } from '../sources/contract/source.ts'
import type { Recorded } from '../store/entry.ts'
import type { Activity, Link, StoryChange } from '../tracker/activity.ts'
import { labelsOf } from '../tracker/filter.ts'
import { named } from '../tracker/named.ts'

/** A story's last known state, and when the activity happened that told it. */
export interface RememberedState {
  readonly state: string
  readonly statedAt: number
}

export interface Completed {
  readonly activity: Activity
  readonly recorded: Recorded
}

/** From these, going back to work is what Tracker calls rejected. */
const SETTLED = ['delivered', 'accepted']
const AT_WORK = ['unscheduled', 'planned', 'unstarted', 'started']

/**
 * Completes what another tool told of its stories by what the relay knows of them: the state before, and the tickets that
 * addresses and labels lead to.
 * @param remembered by the story's id
 * @param places of the project's tickets
 */
export function completed(
  { activity, states = {}, compares, tickets = [] }: ReadActivity,
  remembered: ReadonlyMap<string, RememberedState>,
  places: readonly TicketPlace[],
): Completed {
  const happenedAt = Date.parse(activity.occurredAt)
  const stories = activity.stories.map((story) => {
    const known = remembered.get(story.id)
    const before = known !== undefined && known.statedAt <= happenedAt ? known.state : null
    const hints = tickets.filter(({ storyId }) => storyId === story.id)
    const now = compares === true ? changedState(named(states, story.id), before) : null
    const stated = now === null ? story : { ...story, fields: { ...story.fields, currentState: now } }
    return { story: withLink(withState(stated, before), toldLink(hints, places)), guess: guessedLink(hints, places) }
  })
  const whole = { ...activity, stories: stories.map(({ story }) => story) }
  const recorded = recordedOf(whole)
  return {
    activity: whole,
    recorded: {
      ...recorded,
      stories: recorded.stories.map((story, index) => {
        const guess = stories[index]?.guess ?? null
        return {
          ...story,
          state: story.state ?? named(states, story.id) ?? null,
          ...(story.link === undefined && guess !== null ? { linkIfNone: guess } : {}),
        }
      }),
    },
  }
}

/** Of an update that tells nothing but a state which the story is known to have been in at that time or later. */
export const KNOWN_ALREADY = 'known already: catching up had told this state of the story before its hook came'

export function isKnownAlready(
  { activity, states = {}, compares, unlessKnown }: ReadActivity,
  remembered: ReadonlyMap<string, RememberedState>,
): boolean {
  const [story, ...rest] = activity.stories
  if (story === undefined || rest.length > 0 || activity.others.length > 0) return false
  const { change, fields, original, comments, deed } = story
  const isMore = comments.length > 0 || Object.keys(fields).some((name) => name !== 'currentState')
  if (change !== 'update' || isMore || deed !== undefined) return false
  const now = fields.currentState ?? states[story.id] ?? null
  const known = remembered.get(story.id)
  // Nothing that the hook may not have told.
  if (now === null) return unlessKnown === true
  // Of a story of which nothing is remembered, a state that is told without a change is taken as unchanged.
  if (known === undefined) return unlessKnown === true && compares === true
  const happenedAt = Date.parse(activity.occurredAt)
  if (unlessKnown === true) return known.statedAt > happenedAt || isSame(now, known.state)
  return known.statedAt >= happenedAt && original.currentState !== now && isSame(now, known.state)
}

/** Going back to work is remembered as rejected. */
function isSame(now: string, known: string): boolean {
  return now === known || (known === 'rejected' && AT_WORK.includes(now))
}

/**
 * Marks the stories that had been deleted before and are there again: an event that tells in which state a story is shows
 * it, as one does that says so.
 * @param deletedAt when a story was deleted; null if it was not
 */
export function withRestored(
  recorded: Recorded,
  restores: boolean,
  deletedAt: (storyId: string) => number | null,
): Recorded {
  const isBack = ({ id, change, state = null }: Recorded['stories'][number]): boolean => {
    const at = deletedAt(id)
    if (at === null || at >= Date.parse(recorded.occurredAt) || change === 'delete') return false
    return restores || change === 'create' || state !== null
  }
  if (!recorded.stories.some(isBack)) return recorded
  return { ...recorded, stories: recorded.stories.map((each) => (isBack(each) ? { ...each, isRestored: true } : each)) }
}

/** Only the necessary fields, since each is copied to the store's thread. */
export function recordedOf({ key, kind, occurredAt, stories }: Activity): Recorded {
  return {
    key,
    kind,
    occurredAt,
    stories: stories.map(({ id, change, name, storyType, fields, link }) => ({
      id,
      change,
      name,
      storyType,
      state: fields.currentState ?? null,
      labels: labelsOf(fields),
      ...(link === undefined ? {} : { link }),
    })),
  }
}

/** After going back to work, which is remembered as rejected, a state of work is none of which it is known to be new. */
function changedState(now: string | undefined, before: string | null): string | null {
  return now === undefined || before === null || isSame(now, before) ? null : now
}

function withState(story: StoryChange, remembered: string | null): StoryChange {
  const state = story.fields.currentState ?? null
  const before = story.original.currentState ?? remembered
  if (story.change !== 'update' || state === null || before === null) return story
  const isReopened = SETTLED.includes(before) && AT_WORK.includes(state)
  return {
    ...story,
    fields: { ...story.fields, currentState: isReopened ? 'rejected' : state },
    original: { ...story.original, currentState: before },
  }
}

function withLink(story: StoryChange, link: Link | null): StoryChange {
  return link === null || story.link !== undefined ? story : { ...story, link }
}

/** What somebody said outright. */
function toldLink(hints: readonly TicketHint[], places: readonly TicketPlace[]): Link | null {
  for (const { url, label } of hints) {
    const link = url !== undefined ? linkAt(url, places) : label !== undefined ? linkOfLabel(label, places) : null
    if (link !== null) return link
  }
  return null
}

function guessedLink(hints: readonly TicketHint[], places: readonly TicketPlace[]): Link | null {
  const texts = hints.flatMap(({ text }) => (text === undefined ? [] : [text]))
  return texts.length === 0 ? null : linkInText(texts.join('\n'), places)
}
