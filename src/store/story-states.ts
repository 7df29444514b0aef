import type { Trx } from './dialect/dialect.ts'
import type { Entry } from './entry.ts'

/** A story's last known state, and when the activity happened that told it, in milliseconds since 1970. */
interface Known {
  readonly state: string
  readonly statedAt: number
}

/** The width of the column; Tracker's longest state is "unscheduled". */
const LONGEST_STATE = 32

export const TOO_LATE =
  'too late: a later state of the story is known already, so this one does not take its ticket back'

/**
 * Completes the effects that do not tell which state a story comes from, as v3 does not, by the states of earlier
 * activities. What happened before the last state that is known stays without; if it came from a tool that sends again
 * after an hour, or was caught up, it is skipped.
 * @param entries new ones, in the order in which they came
 */
export async function withEarlierStates(trx: Trx, entries: readonly Entry[]): Promise<Entry[]> {
  const wanted = entries.flatMap((entry) =>
    entry.deliveries.flatMap(({ effect }) =>
      effect.kind === 'state' && (effect.from === null || mayBeLate(entry))
        ? [[entry.projectId, effect.storyId] as const]
        : [],
    ),
  )
  if (wanted.length === 0) return [...entries]
  const known = await statesOf(trx, wanted)
  return entries.map((entry) => {
    const occurredAt = Date.parse(entry.activity.occurredAt)
    const deliveries = entry.deliveries.map((planned) => {
      const { effect } = planned
      if (effect.kind !== 'state') return planned
      const before = known.get(storyKey(entry.projectId, effect.storyId))
      if (before === undefined) return planned
      if (before.statedAt > occurredAt) return mayBeLate(entry) ? { ...planned, skipped: TOO_LATE } : planned
      if (effect.from !== null) return planned
      return { ...planned, effect: { ...effect, from: before.state } }
    })
    for (const [key, told] of statesIn(entry)) if (isNewer(told, known.get(key))) known.set(key, told)
    return { ...entry, deliveries }
  })
}

function mayBeLate({ read, caughtUp }: Entry): boolean {
  return read !== undefined || caughtUp === true
}

/** By story, in the order of time; of two that happened in the same second, the one that came later counts. */
export function lastStates(entries: readonly Pick<Entry, 'projectId' | 'activity'>[]): Map<string, Known> {
  const last = new Map<string, Known>()
  for (const entry of entries)
    for (const [key, told] of statesIn(entry)) if (isNewer(told, last.get(key))) last.set(key, told)
  return last
}

function statesIn({ projectId, activity }: Pick<Entry, 'projectId' | 'activity'>): [key: string, told: Known][] {
  const statedAt = Date.parse(activity.occurredAt)
  return activity.stories.flatMap(({ id, state = null }) =>
    state === null || state.length > LONGEST_STATE ? [] : [[storyKey(projectId, id), { state, statedAt }]],
  )
}

function isNewer(told: Known, known: Known | undefined): boolean {
  return known === undefined || told.statedAt >= known.statedAt
}

async function statesOf(trx: Trx, stories: readonly (readonly [string, string])[]): Promise<Map<string, Known>> {
  const rows: { project_id: string; id: string; state: string; stated_at: number }[] = await trx
    .knex('stories')
    .select('project_id', 'id', 'state', 'stated_at')
    .whereIn(
      ['project_id', 'id'],
      stories.map(([projectId, id]) => [projectId, id]),
    )
    .whereNotNull('state')
  return new Map(
    rows.map(({ project_id, id, state, stated_at }) => [
      storyKey(project_id, id),
      { state, statedAt: Number(stated_at) },
    ]),
  )
}

export const storyKey = (projectId: string, id: string): string => `${projectId} ${id}`
