import type { Knex } from 'knex'
import type { DeliveryState } from './delivery.ts'
import { deliveryCounts } from './delivery-pages.ts'
import { IN_PART, SUPERSEDED } from './settled-how.ts'
import { MOST_EXAMINED } from './window.ts'

/** A delivery's state, with what became known besides. */
export type WayState = DeliveryState | 'in doubt' | 'in part' | 'confirmed' | 'superseded'

/** Who needs somebody comes first. */
export const WAY_STATES = [
  'dead',
  'held',
  'in doubt',
  'waiting',
  'pending',
  'delivering',
  'in part',
  'confirmed',
  'delivered',
  'superseded',
  'skipped',
] as const satisfies readonly WayState[]

/** What became of an activity in an integration. */
export interface Way {
  readonly integration: string
  /** Of several deliveries, the one that needs somebody most. */
  readonly state: WayState
}

/** Which deliveries an activity must have caused to be listed: one that is all of this. */
export interface WayChoice {
  readonly integration?: string
  /** Not empty. */
  readonly states?: readonly DeliveryState[]
}

export const OPEN_STATES = ['pending', 'delivering', 'waiting', 'held'] as const satisfies readonly DeliveryState[]

interface Caused {
  readonly ways: readonly Way[]
  readonly counts: Readonly<Partial<Record<DeliveryState, number>>>
}

interface Gathered {
  readonly ways: Map<string, WayState>
  readonly counts: Partial<Record<DeliveryState, number>>
}

/** What activities caused: how many deliveries by state, and the state in each integration. */
export async function causedBy(reader: Knex, ids: readonly number[]): Promise<ReadonlyMap<number, Caused>> {
  if (ids.length === 0) return new Map()
  const rows: { activity_id: number; integration: string; state: DeliveryState; way: WayState; n: number }[] =
    await reader('deliveries')
      .whereIn('activity_id', [...ids])
      .groupBy('activity_id', 'integration', 'state', 'way')
      .select('activity_id', 'integration', 'state', reader.raw(`${WAY} as way`))
      .count({ n: '*' })
  const caused = new Map<number, Gathered>()
  for (const { activity_id, integration, state, way, n } of rows) {
    const id = Number(activity_id)
    const one: Gathered = caused.get(id) ?? { ways: new Map(), counts: {} }
    caused.set(id, one)
    one.counts[state] = (one.counts[state] ?? 0) + Number(n)
    const known = one.ways.get(integration)
    if (known === undefined || WAY_STATES.indexOf(way) < WAY_STATES.indexOf(known)) one.ways.set(integration, way)
  }
  return new Map(
    [...caused].map(([id, { ways, counts }]) => [
      id,
      {
        counts,
        ways: [...ways]
          .map(([integration, state]) => ({ integration, state }))
          .sort((one, other) => (one.integration < other.integration ? -1 : 1)),
      },
    ]),
  )
}

const WAY = `case
  when settled_at is null and in_doubt_since is not null and state <> 'delivering' then 'in doubt'
  when ${SUPERSEDED} then 'superseded'
  when ${IN_PART} then 'in part'
  when state = 'delivered' and exists (
    select 1 from attempts where attempts.delivery_id = deliveries.id and attempts.outcome = 'confirmed'
  ) then 'confirmed'
  else state end`

/**
 * The activities that caused such a delivery, the newest first.
 * @returns null if they can be anywhere: there are too many, or no index tells them
 */
export async function activitiesOfFew(reader: Knex, { integration, states }: WayChoice): Promise<number[] | null> {
  if (states === undefined || states.includes('delivered')) return null
  const counts = await deliveryCounts(reader, integration)
  const open = new Set<DeliveryState>(OPEN_STATES)
  const isOpenChosen = states.some((state) => open.has(state))
  // All the open ones of an integration are looked at for those that wait.
  const looked = counts.filter(({ state }) => states.includes(state) || (isOpenChosen && open.has(state)))
  if (looked.reduce((sum, { count }) => sum + count, 0) > MOST_EXAMINED) return null
  const ids = new Set<number>()
  for (const name of new Set(looked.map((one) => one.integration))) {
    const its = (): Knex.QueryBuilder => reader('deliveries').where('integration', name)
    const found: number[] = []
    if (isOpenChosen)
      found.push(
        ...(await its()
          .whereNull('settled_at')
          .whereIn('state', [...states])
          .pluck('activity_id')),
      )
    // As in the index, word for word.
    for (const settled of ['dead', 'skipped'] as const)
      if (states.includes(settled)) found.push(...(await its().whereRaw(`state = '${settled}'`).pluck('activity_id')))
    for (const id of found) ids.add(Number(id))
  }
  return [...ids].sort((one, other) => other - one)
}

/** Of the activities that `among` narrows by their `activity_id`, those that caused such a delivery. */
export async function activitiesAmong(
  reader: Knex,
  { integration, states }: WayChoice,
  among: (query: Knex.QueryBuilder) => void,
): Promise<number[]> {
  const found: number[] = await reader('deliveries')
    .distinct('activity_id')
    .modify((query) => {
      among(query)
      if (integration !== undefined) query.where('integration', integration)
      if (states !== undefined) query.whereIn('state', [...states])
    })
    .pluck('activity_id')
  return found.map(Number)
}
