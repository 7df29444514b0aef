import { type Before, judgeStories, overlaid, type StoryFacts } from '../tracker/filter.ts'
import type { Tables, Trx } from './dialect/dialect.ts'
import type { Entry, Recorded } from './entry.ts'
import { storedJson } from './stored-json.ts'
import { storyKey } from './story-states.ts'

/** What activities told of a story. */
export interface RememberedStory extends StoryFacts {
  readonly projectId: string
  readonly storyId: string
  /** When the activity happened that told the state; null if none has. */
  readonly statedAt: number | null
  /** When the activity happened that deleted it; null if it is there. */
  readonly deletedAt: number | null
}

/** Those of the stories of which anything is known. */
export async function rememberedStories(
  reader: Tables,
  stories: readonly { readonly projectId: string; readonly storyId: string }[],
): Promise<RememberedStory[]> {
  if (stories.length === 0) return []
  const rows: {
    project_id: string
    id: string
    story_type: string | null
    state: string | null
    stated_at: number | string | null
    deleted_at: number | string | null
    labels: string | null
  }[] = await reader('stories')
    .select('project_id', 'id', 'story_type', 'state', 'stated_at', 'deleted_at', 'labels')
    .whereIn(
      ['project_id', 'id'],
      stories.map(({ projectId, storyId }) => [projectId, storyId]),
    )
  return rows.map(({ project_id, id, story_type, state, stated_at, deleted_at, labels }) => ({
    projectId: project_id,
    storyId: id,
    storyType: story_type,
    state,
    statedAt: stated_at === null ? null : Number(stated_at),
    deletedAt: deleted_at === null ? null : Number(deleted_at),
    labels: labels === null ? null : storedJson<string[]>(labels, `the labels of story ${id}`),
  }))
}

export function beforeIn(remembered: readonly RememberedStory[], projectId: string): Before {
  const known = new Map(remembered.map((story) => [storyKey(story.projectId, story.storyId), story]))
  return (storyId) => known.get(storyKey(projectId, storyId))
}

/**
 * Leaves out the deliveries whose condition does not hold, by what earlier activities told, those of this commit too.
 * @param entries new ones, in the order in which they came
 */
export async function withoutThoseLeftOut(trx: Trx, entries: readonly Entry[]): Promise<Entry[]> {
  const asking = entries.filter(({ deliveries }) => deliveries.some(({ onlyIf }) => onlyIf !== undefined))
  if (asking.length === 0) return [...entries]
  const wanted = asking.flatMap(({ projectId, activity }) =>
    activity.stories.map(({ id }) => ({ projectId, storyId: id })),
  )
  const remembered = await rememberedStories(trx.knex, wanted)
  const known = new Map<string, StoryFacts>(
    remembered.map((story) => [storyKey(story.projectId, story.storyId), story]),
  )
  return entries.map((entry) => {
    const { projectId, activity } = entry
    const before: Before = (storyId) => known.get(storyKey(projectId, storyId))
    const deliveries = entry.deliveries.filter(({ onlyIf, storyId }) => {
      if (onlyIf === undefined) return true
      const asked = activity.stories.filter(({ id }) => storyId === null || id === storyId)
      return (
        judgeStories(
          onlyIf,
          asked.map((story) => ({ id: story.id, told: toldIn(story) })),
          before,
        ) === 'passes'
      )
    })
    for (const story of activity.stories)
      known.set(storyKey(projectId, story.id), overlaid(toldIn(story), before(story.id)))
    return deliveries.length === entry.deliveries.length ? entry : { ...entry, deliveries }
  })
}

function toldIn({ storyType, state = null, labels = null }: Recorded['stories'][number]): StoryFacts {
  return { storyType, state, labels }
}
