import type { Knex } from 'knex'
import type { Database } from './database.ts'

/** How far the tables have been followed, by the ids of their rows. */
export interface EventPosition {
  readonly activity: number
  readonly attempt: number
  readonly action: number
}

export interface EventHeads extends EventPosition {
  /**
   * All that is up to the heads has been committed, or never will be, once a later look says that what had `begun` here
   * has ended (`ended` >= `begun`).
   */
  readonly begun: number
  readonly ended: number
}

/** What happened, as its row tells it; `at` in milliseconds since 1970. */
export type StoredEvent =
  | {
      readonly type: 'activity'
      readonly id: number
      readonly at: number
      readonly projectId: string
      readonly kind: string
    }
  | {
      readonly type: 'attempt'
      readonly id: number
      readonly at: number
      readonly delivery: number
      readonly integration: string
      readonly projectId: string
      readonly storyId: string | null
      readonly number: number
      readonly outcome: string
      readonly note: string | null
    }
  | {
      readonly type: 'action'
      readonly id: number
      readonly at: number
      readonly who: string
      readonly action: string
      readonly subject: string
      readonly result: string
    }

export async function eventHeads({ reader, horizon }: Pick<Database, 'reader' | 'horizon'>): Promise<EventHeads> {
  const last = async (table: string): Promise<number> => {
    const row: { id: number } | undefined = await reader(table).orderBy('id', 'desc').first('id')
    return Number(row?.id ?? 0)
  }
  const heads = {
    activity: await last('activities'),
    attempt: await last('attempts'),
    action: await last('audit'),
  }
  // Afterwards, so that everybody who had taken a lower id had begun.
  return { ...heads, ...(await horizon()) }
}

/** The next events after a position, of each table so many at most, in the order of time. */
export async function eventsBetween(
  reader: Knex,
  after: EventPosition,
  until: EventPosition,
  most: number,
): Promise<StoredEvent[]> {
  const activities: { id: number; at: number; projectId: string; kind: string }[] = await reader('activities')
    .whereBetween('id', [after.activity + 1, until.activity])
    .orderBy('id')
    .limit(most)
    .select('id', { at: 'received_at', projectId: 'project_id' }, 'kind')
  const attempts: {
    id: number
    started: number
    ms: number
    delivery: number
    integration: string
    projectId: string
    storyId: string | null
    number: number
    outcome: string
    note: string | null
  }[] = await reader('attempts')
    .join('deliveries', 'deliveries.id', 'attempts.delivery_id')
    .whereBetween('attempts.id', [after.attempt + 1, until.attempt])
    .orderBy('attempts.id')
    .limit(most)
    .select({
      ...{ id: 'attempts.id', started: 'attempts.started_at', ms: 'attempts.duration_ms', delivery: 'deliveries.id' },
      ...{ integration: 'deliveries.integration', projectId: 'deliveries.project_id', storyId: 'deliveries.story_id' },
      ...{ number: 'attempts.number', outcome: 'attempts.outcome', note: 'attempts.note' },
    })
  const actions: { id: number; at: number; who: string; action: string; subject: string; result: string }[] =
    await reader('audit')
      .whereBetween('id', [after.action + 1, until.action])
      .orderBy('id')
      .limit(most)
      .select('id', 'at', 'who', 'action', 'subject', 'result')
  return merged([
    activities.map((row) => ({ type: 'activity' as const, ...row, id: Number(row.id), at: Number(row.at) })),
    attempts.map(({ started, ms, ...row }) => ({
      type: 'attempt' as const,
      ...row,
      id: Number(row.id),
      delivery: Number(row.delivery),
      at: Number(started) + ms,
    })),
    actions.map((row) => ({ type: 'action' as const, ...row, id: Number(row.id), at: Number(row.at) })),
  ])
}

/** Of each list in its own order, whatever clocks said. */
function merged(lists: readonly (readonly StoredEvent[])[]): StoredEvent[] {
  const left = lists.map((list) => [...list])
  const events: StoredEvent[] = []
  for (;;) {
    const first = left
      .filter((list) => list.length > 0)
      .reduce<StoredEvent[] | null>((best, list) => {
        const [at, bestAt] = [list[0]?.at ?? 0, best?.[0]?.at ?? Number.POSITIVE_INFINITY]
        return at < bestAt ? list : best
      }, null)
    const event = first?.shift()
    if (event === undefined) return events
    events.push(event)
  }
}
