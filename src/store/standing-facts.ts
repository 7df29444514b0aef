import type { Knex } from 'knex'
import { sentOn } from './days.ts'
import { oldestOpen } from './list.ts'
import { MOST_EXAMINED } from './window.ts'

/** What the database tells of how an integration stands, besides its pause and its breaker. */
export interface StandingFacts {
  readonly integration: string
  /** Since when the open delivery waits that waits longest; null if there is none. */
  readonly oldestOpen: number | null
  /** Since when its open deliveries fail; null if none does. */
  readonly failingSince: number | null
  /** Null if there is none among the newest deliveries of all integrations. */
  readonly lastDelivered: number | null
  /** How many could be sent now. */
  readonly due: number
  /** Only counted if the integration has a cap of the day. */
  readonly sentToday: number
}

/** More are not counted, but told as so many. */
export const MOST_DUE = 10_000

/** @param day today in UTC, as 2026-11-28 */
export async function standingFacts(
  reader: Knex,
  names: readonly string[],
  { now, day }: { readonly now: number; readonly day: string },
): Promise<readonly StandingFacts[]> {
  const delivered = await lastDelivered(reader)
  const oldest = await oldestOpen(reader, names)
  const facts: StandingFacts[] = []
  for (const integration of names) {
    const open = reader('deliveries').where({ integration }).whereNull('settled_at')
    const failing: { at: number } | undefined = await open
      .clone()
      // As in the index, word for word.
      .whereRaw('settled_at is null and first_failed_at is not null')
      .orderBy('first_failed_at')
      .first({ at: 'first_failed_at' })
    const due: { n: string | number } | undefined = await reader
      .from(
        reader('deliveries')
          .where({ integration })
          .whereNotNull('due_at')
          .where('due_at', '<=', now)
          .whereNot('state', 'delivering')
          .limit(MOST_DUE)
          .select('id')
          .as('some'),
      )
      .count({ n: '*' })
      .first()
    facts.push({
      integration,
      oldestOpen: oldest.get(integration) ?? null,
      failingSince: failing?.at ?? null,
      lastDelivered: delivered.get(integration) ?? null,
      due: Number(due?.n ?? 0),
      sentToday: await sentOn(reader, integration, day),
    })
  }
  return facts
}

async function lastDelivered(reader: Knex): Promise<ReadonlyMap<string, number>> {
  const rows: { integration: string; at: number | null }[] = await reader
    .from(
      reader('deliveries')
        .where('id', '>', 0)
        .orderBy('id', 'desc')
        .limit(MOST_EXAMINED)
        .select('integration', 'state', 'settled_at')
        .as('newest'),
    )
    .where('state', 'delivered')
    .groupBy('integration')
    .select('integration')
    .max({ at: 'settled_at' })
  return new Map(rows.flatMap(({ integration, at }) => (at === null ? [] : [[integration, Number(at)] as const])))
}
