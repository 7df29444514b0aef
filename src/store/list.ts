import type { Knex } from 'knex'
import type { Exchange } from '../http/send.ts'
import type { Delivery, DeliveryState } from './delivery.ts'
import { type DeliveryRow, deliveryOf, WAITS_SINCE } from './delivery-row.ts'

export interface ListChoice {
  readonly integration?: string
  readonly state?: DeliveryState
  readonly projectId?: string
  readonly storyId?: string
  /** Only deliveries with a smaller id: the page after it. */
  readonly before?: number
  readonly limit: number
}

export async function listDeliveries(reader: Knex, choice: ListChoice): Promise<Delivery[]> {
  const rows: DeliveryRow[] = await reader('deliveries')
    .select('*')
    .modify((query) => {
      if (choice.integration !== undefined) query.where('integration', choice.integration)
      if (choice.state !== undefined) query.where('state', choice.state)
      if (choice.projectId !== undefined) query.where('project_id', choice.projectId)
      if (choice.storyId !== undefined) query.where('story_id', choice.storyId)
      if (choice.before !== undefined) query.where('id', '<', choice.before)
    })
    .orderBy('id', 'desc')
    .limit(choice.limit)
  return rows.map(deliveryOf)
}

export interface Attempt {
  readonly number: number
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: string
  readonly status: number | null
  readonly note: string | null
  readonly exchanges: readonly Exchange[]
}

export async function showDelivery(
  reader: Knex,
  id: number,
): Promise<{ delivery: Delivery; attempts: Attempt[] } | null> {
  const row: DeliveryRow | undefined = await reader('deliveries').where({ id }).first()
  if (row === undefined) return null
  const attempts: {
    number: number
    started_at: number
    duration_ms: number
    outcome: string
    status: number | null
    note: string | null
    exchanges: string
  }[] = await reader('attempts').where({ delivery_id: id }).orderBy('id')
  return {
    delivery: deliveryOf(row),
    attempts: attempts.map((attempt) => ({
      number: attempt.number,
      startedAt: attempt.started_at,
      durationMs: attempt.duration_ms,
      outcome: attempt.outcome,
      status: attempt.status,
      note: attempt.note,
      exchanges: JSON.parse(attempt.exchanges) as Exchange[],
    })),
  }
}

/** Since when the open delivery of each integration waits that waits longest. */
export async function oldestOpen(reader: Knex, integrations: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const integration of integrations) {
    const row: { oldest: number } | undefined = await reader('deliveries')
      .where({ integration })
      .whereNull('settled_at')
      .orderByRaw(WAITS_SINCE)
      .first(reader.raw(`${WAITS_SINCE} as oldest`))
    if (row !== undefined) found.set(integration, Number(row.oldest))
  }
  return found
}

/** How many held deliveries first failed before a time. */
export async function heldBefore(reader: Knex, integration: string, firstFailedBefore: number): Promise<number> {
  const row: { n?: string | number } | undefined = await reader('deliveries')
    .where({ integration, state: 'held' })
    // As in the index, word for word.
    .whereRaw('settled_at is null and first_failed_at is not null')
    .where('first_failed_at', '<', firstFailedBefore)
    .count({ n: '*' })
    .first()
  return Number(row?.n ?? 0)
}
