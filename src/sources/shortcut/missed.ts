import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import type { AskMissed, Missed, MissedPage, MissedTime, SourceTools } from '../contract/source.ts'
import { timeIn } from '../kit/time-in.ts'

/** What is asked of Shortcut's REST API v3. @throws {SourceApiError} */
export interface ShortcutApi {
  /** Stories by the time of their last change, without their history. `isWhole`: false if there may be more of them. */
  changedStories(from: Date, to: Date): Promise<{ readonly stories: readonly Values[]; readonly isWhole: boolean }>
  /** What happened to a story, in the form of web hooks v1; empty if it is not there any more. */
  history(storyId: string): Promise<readonly Values[]>
}

/** Shortcut allows 200 requests a minute; some are left for others that use the token's account. */
const AT_ONCE = 40
const PACE_MS = 400
/** Shortcut's times of stories have no milliseconds, and it does not say whether a search has its ends. */
const SECOND_MS = 1000
/** A narrower search finds no fewer. */
export const NARROWEST_MS = 3 * SECOND_MS
/** What is changed while we ask, also by Shortcut's clock, is still found. */
const AHEAD_MS = 60 * 60_000
const LEAST_KEPT = 1000
const YIELDED = 100
const NOTHING_YET: MissedPage = { missed: [], upTo: null }

interface Event extends Missed {
  /** When it happened, in milliseconds since 1970. */
  readonly at: number
  /** Of what happened in one second: a story is made, gets its comments, and is moved. */
  readonly rank: readonly [kind: number, id: number]
}

/**
 * What the histories of stories tell of a time: stories that are new, comments that are new, and the last state that a story
 * was moved to. Shortcut documents neither that a history has the ids of hooks nor that it has all their changes
 * (HistoryChangesStory in its API's schema has no links and files), so no more is told than has a key of its own.
 */
export function missedInShortcut(api: ShortcutApi, { now, pause }: Pick<SourceTools, 'now' | 'pause'>): AskMissed {
  return async function* missed({ since, until, atMost }) {
    let asked = 0
    const inPace = async (): Promise<void> => {
      asked += 1
      if (asked > AT_ONCE) await pause(PACE_MS)
    }
    const stories = new Map<string, Values>()
    const times = [{ from: since.getTime() - SECOND_MS, to: Math.max(until.getTime(), now()) + AHEAD_MS }]
    for (let time = times.pop(); time !== undefined; time = times.pop()) {
      const { from, to } = time
      await inPace()
      const found = await api.changedStories(new Date(from), new Date(to))
      for (const story of found.stories) stories.set(String(textOf(story.id)), story)
      const middle = Math.floor((from + to) / 2)
      if (!found.isWhole && to - from > NARROWEST_MS) times.push({ from, to: middle }, { from: middle - SECOND_MS, to })
      yield NOTHING_YET
    }

    const most = Math.max(atMost, LEAST_KEPT)
    const events: Event[] = []
    let upTo = until.getTime()
    for (const [id, story] of stories) {
      await inPace()
      events.push(...eventsOf(story, await api.history(id), { since, until: new Date(upTo) }))
      if (events.length > 2 * most) {
        events.sort(inOrder).splice(most)
        upTo = events.at(-1)?.at ?? upTo
      }
      // So that it can be broken off.
      yield NOTHING_YET
    }
    const told = events.filter(({ at }) => at <= upTo).sort(inOrder)
    for (let begin = 0; begin < told.length; begin += YIELDED) {
      const page = told.slice(begin, begin + YIELDED)
      yield { missed: page, upTo: new Date(page.at(-1)?.at ?? since) }
    }
    yield { missed: [], upTo: new Date(upTo) }
  }
}

function inOrder(one: Event, other: Event): number {
  return one.at - other.at || one.rank[0] - other.rank[0] || one.rank[1] - other.rank[1]
}

function eventsOf(story: Values, history: readonly Values[], time: Pick<MissedTime, 'since' | 'until'>): Event[] {
  const id = String(textOf(story.id))
  const entries = history.flatMap((entry) => {
    const at = timeIn(entry.changed_at)
    return at === null ? [] : [{ entry, at, actions: actionsOf(entry, id) }]
  })
  const last = entries
    .filter(({ actions }) => actions.some(isMove))
    // Of one second, the one that leads to where the story is now.
    .sort((one, other) => one.at - other.at || Number(leadsTo(one, story)) - Number(leadsTo(other, story)))
    .at(-1)
  return entries
    .filter(({ at }) => at >= time.since.getTime() && at <= time.until.getTime())
    .flatMap((each): Event[] => {
      const made = each.actions.find(isMade)
      if (made !== undefined) {
        const rank = made.entity_type === 'story' ? 0 : 1
        return [{ at: each.at, rank: [rank, Number(made.id)], body: bodyOf(each.entry, each.actions, story) }]
      }
      if (each !== last) return []
      const moves = each.actions.filter(isMove).map((action) => {
        const { workflow_state_id } = objectOf(action.changes)
        return { ...action, changes: { workflow_state_id } }
      })
      return [{ at: each.at, rank: [2, Number(id)], body: bodyOf(each.entry, moves, story), unlessKnown: true }]
    })
}

/** Without those on other stories, whose own histories have them. */
function actionsOf(entry: Values, storyId: string): Values[] {
  return listOf(entry.actions, 'actions').flatMap((action) => {
    const type = textOf(action.entity_type)
    if (type === 'story') return textOf(action.id) === storyId ? [action] : []
    if (type !== 'story-comment' && type !== 'story-task') return [action]
    return (textOf(action.story_id) ?? storyId) === storyId ? [{ ...action, story_id: Number(storyId) }] : []
  })
}

const isMade = ({ entity_type, action }: Values): boolean =>
  action === 'create' && (entity_type === 'story' || entity_type === 'story-comment')

const isMove = ({ entity_type, action, changes }: Values): boolean =>
  entity_type === 'story' && action === 'update' && movedTo(changes) !== null

const movedTo = (changes: unknown): string | null => textOf(objectOf(objectOf(changes).workflow_state_id).new)

const leadsTo = ({ actions }: { readonly actions: readonly Values[] }, story: Values): boolean =>
  actions.some((action) => isMove(action) && movedTo(action.changes) === textOf(story.workflow_state_id))

/** A history does not tell of links, so those that may lead to the story's ticket come with each of its events. */
function bodyOf(entry: Values, actions: readonly Values[], story: Values): Buffer {
  const { id, name, story_type, app_url, external_links } = story
  const now = { id, entity_type: 'story', name, story_type, app_url }
  const references = [...listOf(entry.references, 'references'), now]
  const linked = { ...now, action: 'update', external_links }
  return Buffer.from(JSON.stringify({ ...entry, actions: [...actions, linked], references }))
}
