import { hash } from 'node:crypto'
import type { Knex } from 'knex'
import type { Effect } from '../connectors/contract/effect.ts'
import type { Committer } from './committer.ts'
import type { Taken } from './delivery.ts'
import type { Tables, Trx } from './dialect/dialect.ts'
import { laneKey } from './lanes.ts'
import { inPieces } from './pieces.ts'
import { storedJson } from './stored-json.ts'

/** The lane of what an integration gathers, of all its projects: its first delivery is taken for all that stand behind it. */
export const DIGEST_LANE = ':digest'

export function isForDigest({ lanes }: Pick<Taken, 'lanes'>): boolean {
  return lanes[0] === DIGEST_LANE
}

/** So that a digest has a bounded size, and is stored in one commit; what is left is the next one. */
export const MOST_IN_DIGEST = 500

/**
 * Makes the digest of the delivery that was taken and of those that wait behind it, in one commit before it is sent: every
 * later attempt is of the same ones. If it was made before, it is left as it is.
 * @returns its id, which is the same for the same deliveries; null if the lease has ended
 */
export function makeDigest(
  committer: Committer,
  head: Pick<Taken, 'id' | 'token' | 'integration'>,
): Promise<string | null> {
  const { id, token, integration } = head
  return committer.run(
    async ({ knex }) => {
      const own: Member | undefined = await knex('deliveries')
        .where({ id, token, state: 'delivering' })
        .first('id', 'key', 'digest')
      if (own === undefined) return null
      if (own.digest !== null) return own.digest
      const waiting: Member[] = await knex('lane_entries')
        .join('deliveries', 'deliveries.id', 'lane_entries.delivery_id')
        .where({ 'lane_entries.integration': integration, lane: DIGEST_LANE, state: 'pending' })
        .whereNull('due_at')
        // One that is in another digest was perhaps sent in it, and is repeated with that, by which it is known again.
        .whereNull('digest')
        .orderBy('delivery_id')
        .limit(MOST_IN_DIGEST - 1)
        .select('deliveries.id', 'deliveries.key')
      const all = [own, ...waiting].sort((one, other) => one.id - other.id)
      const digest = `dgst_${hash('sha256', JSON.stringify(all.map(({ key }) => key))).slice(0, 24)}`
      for (const some of inPieces(all.map((each) => each.id)))
        await knex('deliveries').whereIn('id', some).update({ digest })
      return digest
    },
    { names: [laneKey({ integration, lane: DIGEST_LANE })], deliveries: [id] },
  )
}

interface Member {
  readonly id: number
  readonly key: string
  readonly digest: string | null
}

/** A delivery of a digest, as far as its words need it. */
export interface InDigest {
  readonly activityId: number
  readonly projectId: string
  readonly storyId: string | null
  readonly effect: Effect
  /** When its activity happened. */
  readonly occurredAt: number
  readonly storyName: string | null
  readonly storyType: string | null
}

/** What is to be sent of a digest, in the order in which it came: without what was skipped or erased meanwhile. */
export async function openInDigest(reader: Knex, digest: string): Promise<InDigest[]> {
  const rows: {
    id: number
    activity_id: number
    project_id: string
    story_id: string | null
    effect: string
    occurred_at: number
    name: string | null
    story_type: string | null
  }[] = await reader('deliveries')
    .join('activities', 'activities.id', 'deliveries.activity_id')
    .leftJoin('stories', (on) =>
      on.on('stories.project_id', 'deliveries.project_id').andOn('stories.id', 'deliveries.story_id'),
    )
    .where({ digest })
    // For the index.
    .whereNotNull('digest')
    .whereNull('settled_at')
    .orderBy('deliveries.id')
    .select(
      'deliveries.id',
      'activity_id',
      'deliveries.project_id',
      'story_id',
      'effect',
      'occurred_at',
      'name',
      'story_type',
    )
  return rows.map((row) => ({
    activityId: row.activity_id,
    projectId: row.project_id,
    storyId: row.story_id,
    effect: storedJson(row.effect, `the effect of delivery ${row.id}`),
    occurredAt: Number(row.occurred_at),
    storyName: row.name,
    storyType: row.story_type,
  }))
}

/** Of a settled delivery, what it leaves to those that were sent with it. */
export interface SettledDigest {
  /** The delivery that was taken. */
  readonly id: number
  readonly integration: string
  readonly state: 'delivered' | 'skipped' | 'dead'
  readonly note: string | null
  readonly at: number
}

/**
 * Settles the others of a digest as the one that was taken for them.
 * @returns their ids
 */
export async function settleOthers(trx: Trx, settled: SettledDigest): Promise<number[]> {
  const { id, integration, state, note, at } = settled
  const digest = await digestOf(trx.knex, id)
  if (digest === null) return []
  const others: { id: number }[] = await trx
    .knex('deliveries')
    .where({ digest, integration, state: 'pending' })
    .whereNotNull('digest')
    .whereNull('due_at')
    .whereNull('settled_at')
    .whereNot('id', id)
    .update({ state, settled_at: at, note: `in one digest with delivery ${id}${note === null ? '' : `: ${note}`}` })
    .returning('id')
  return others.map((each) => Number(each.id))
}

async function digestOf(knex: Tables, id: number): Promise<string | null> {
  const row: { digest: string | null } | undefined = await knex('deliveries').where({ id }).first('digest')
  return row?.digest ?? null
}
