import type { Knex } from 'knex'
import { eachBody, sizesOf } from './bodies.ts'
import type { Delivery, DeliveryState } from './delivery.ts'
import { type DeliveryRow, deliveryOf } from './delivery-row.ts'
import { inPieces } from './pieces.ts'
import { readStored, type StoredBody } from './read-stored.ts'
import { said as bytesSaying, canSay, matches, withoutIds } from './search.ts'
import { UNUSUAL } from './settled-how.ts'
import { idBelow, MOST_EXAMINED, type Range, rangeOfTime } from './window.ts'

export interface DeliverySearch {
  readonly integration?: string
  readonly projectId?: string
  readonly storyId?: string
  readonly state?: DeliveryState
  readonly kind?: Delivery['effect']['kind']
  readonly digest?: string
  /** Only those that did not simply arrive, see `UNUSUAL`. */
  readonly isUnusual?: boolean
  /** Of their creation, both included; milliseconds since 1970. */
  readonly from?: number
  readonly to?: number
  /** See `matches`; not empty. */
  readonly words?: readonly string[]
  /** The page after this delivery. */
  readonly before?: number | null
  readonly limit: number
}

export interface DeliveryPage {
  readonly deliveries: readonly Delivery[]
  /** Where the next page begins; null if there is none. */
  readonly next: number | null
}

/** Rows that are read at once while a text is searched for. */
const STEP = 250

/** A page of deliveries, the newest first, after a bounded number of rows: it can be empty and have a next one. */
export async function deliveryPage(reader: Knex, search: DeliverySearch): Promise<DeliveryPage> {
  const times = await rangeOfTime(reader, 'deliveries', 'created_at', search)
  const range = { from: times.from, to: Math.min(times.to, (search.before ?? Number.MAX_SAFE_INTEGER) - 1) }
  if (range.to < range.from) return { deliveries: [], next: null }
  const few = await fewIds(reader, search, range)
  return few === null ? await pageInOrder(reader, search, range) : await pageOf(reader, search, few)
}

/** Where the rows that match are known to be among a few, their ids; null where they can be anywhere. */
async function fewIds(reader: Knex, search: DeliverySearch, range: Range): Promise<readonly number[] | null> {
  const { storyId, state, digest } = search
  if (digest !== undefined) return await idsOfDigest(reader, digest, range)
  if (storyId !== undefined) return await idsOfStory(reader, storyId, search.projectId, range)
  if (state === undefined && search.integration === undefined) return null
  const counts = await deliveryCounts(reader, search.integration)
  const has = (each: DeliveryState): boolean => counts.some((row) => row.state === each)
  if (state === undefined) return counts.length === 0 ? [] : null
  if (!has(state)) return []
  const integrations = [...new Set(counts.map(({ integration }) => integration))]
  if (state === 'dead' || state === 'skipped') return await settledIds(reader, integrations, state, range)
  if (state === 'delivered') return null
  const open = counts.filter(({ state: each }) => OPEN.has(each)).reduce((sum, { count }) => sum + count, 0)
  return open > MOST_EXAMINED ? null : await openIds(reader, integrations, range)
}

async function idsOfDigest(reader: Knex, digest: string, { from, to }: Range): Promise<readonly number[]> {
  const ids: number[] = await reader('deliveries')
    .where({ digest })
    // As in the index, word for word.
    .whereNotNull('digest')
    .whereBetween('id', [from, to])
    .pluck('id')
  return descending(ids)
}

const OPEN: ReadonlySet<DeliveryState> = new Set(['pending', 'delivering', 'waiting', 'held'])

export interface DeliveryCount {
  readonly integration: string
  readonly state: DeliveryState
  readonly count: number
}

/** How many there are, by integration and state, of all or of one integration. */
export async function deliveryCounts(reader: Knex, integration: string | undefined): Promise<readonly DeliveryCount[]> {
  const rows: DeliveryCount[] = await reader('delivery_counts')
    .modify((query) => {
      if (integration !== undefined) query.where({ integration })
    })
    .groupBy('integration', 'state')
    .havingRaw('sum(count) > 0')
    .select('integration', 'state', reader.raw('sum(count) as count'))
  return rows.map((row) => ({ ...row, count: Number(row.count) }))
}

/** The longest beginning of `lanes` that is indexed, and the longest id that a project or a story can have there. */
const INDEXED_LANES = 140

/** Of the effects for the story, and of the whole activities that touch it, of which most touch one story. */
async function idsOfStory(
  reader: Knex,
  storyId: string,
  projectId: string | undefined,
  { from, to }: Range,
): Promise<readonly number[]> {
  const own: { id: number; activity_id: number; project_id: string }[] = await reader('deliveries')
    .select('id', 'activity_id', 'project_id')
    .where('story_id', storyId)
    .whereNotNull('story_id')
    .whereBetween('id', [from, to])
    .orderBy('id', 'desc')
    .limit(MOST_EXAMINED)
  const projects = projectId === undefined ? await projectIds(reader) : [projectId]
  const lanes = projects.map((each) => JSON.stringify([`${each}:${storyId}`]).slice(0, INDEXED_LANES))
  const forwards: { id: number }[] = []
  for (const some of inPieces(lanes))
    forwards.push(
      ...(await reader('deliveries')
        .select('id')
        .whereRaw(`substr(lanes, 1, ${INDEXED_LANES}) in (${some.map(() => '?').join(', ')})`, [...some])
        .whereNull('story_id')
        .whereBetween('id', [from, to])
        .orderBy('id', 'desc')
        .limit(MOST_EXAMINED)),
    )
  for (const some of inPieces([...new Set(own.map(({ activity_id }) => activity_id))]))
    forwards.push(
      ...(await reader('deliveries')
        .select('id')
        .whereIn('activity_id', [...some])
        .whereNull('story_id')
        .whereBetween('id', [from, to])),
    )
  return descending([...own, ...forwards].map(({ id }) => Number(id)))
}

/** Those that activities came from: a look at each, however many activities it has. */
async function projectIds(reader: Knex): Promise<readonly string[]> {
  const rows: { project_id: string | null }[] = await reader
    .withRecursive('projects', (query) =>
      query
        .select(reader.raw('min(project_id) as project_id'))
        .from('activities')
        .unionAll((next) =>
          next
            .select(reader.raw('(select min(a.project_id) from activities a where a.project_id > projects.project_id)'))
            .from('projects')
            .whereNotNull('projects.project_id'),
        ),
    )
    .from('projects')
    .whereNotNull('project_id')
    .select('project_id')
  return rows.map(({ project_id }) => String(project_id))
}

async function settledIds(
  reader: Knex,
  integrations: readonly string[],
  state: 'dead' | 'skipped',
  { from, to }: Range,
): Promise<readonly number[]> {
  const ids: number[] = []
  for (const integration of integrations)
    ids.push(
      ...(await reader('deliveries')
        .where({ integration })
        // As in the index, word for word.
        .whereRaw(state === 'dead' ? "state = 'dead'" : "state = 'skipped'")
        .whereBetween('id', [from, to])
        .orderBy('id', 'desc')
        .limit(MOST_EXAMINED)
        .pluck('id')),
    )
  return descending(ids)
}

async function openIds(reader: Knex, integrations: readonly string[], { from, to }: Range): Promise<readonly number[]> {
  const ids: number[] = []
  for (const integration of integrations)
    ids.push(...(await reader('deliveries').where({ integration }).whereNull('settled_at').pluck('id')))
  return descending(ids).filter((id) => id >= from && id <= to)
}

function descending(ids: readonly number[]): readonly number[] {
  return [...new Set(ids.map(Number))].sort((one, other) => other - one)
}

async function pageOf(reader: Knex, search: DeliverySearch, ids: readonly number[]): Promise<DeliveryPage> {
  const deliveries: Delivery[] = []
  for (let at = 0; at < Math.min(ids.length, MOST_EXAMINED); at += STEP) {
    const some = ids.slice(at, at + STEP)
    const found = await matching(reader, search, (query) => query.whereIn('id', some), search.limit - deliveries.length)
    deliveries.push(...found)
    if (deliveries.length === search.limit) return { deliveries, next: after(deliveries, ids) }
  }
  return { deliveries, next: ids[MOST_EXAMINED - 1] ?? null }
}

/** Null if it was the last one of all. */
function after(deliveries: readonly Delivery[], ids: readonly number[]): number | null {
  const last = deliveries.at(-1)?.id ?? null
  return last === ids.at(-1) ? null : last
}

/** Goes through all rows, the newest first. */
async function pageInOrder(reader: Knex, search: DeliverySearch, range: Range): Promise<DeliveryPage> {
  const deliveries: Delivery[] = []
  const step = search.words === undefined ? MOST_EXAMINED : STEP
  let { to } = range
  for (let examined = 0; examined < MOST_EXAMINED; examined += step) {
    const floor = await idBelow(reader, 'deliveries', { from: range.from, to }, step)
    const within: [number, number] = [floor ?? range.from, to]
    const left = search.limit - deliveries.length
    deliveries.push(...(await matching(reader, search, (query) => query.whereBetween('id', within), left)))
    const last = deliveries.at(-1)
    if (deliveries.length === search.limit && last !== undefined) return { deliveries, next: last.id }
    if (floor === null || floor === range.from) return { deliveries, next: null }
    to = floor - 1
  }
  return { deliveries, next: to + 1 }
}

async function matching(
  reader: Knex,
  search: DeliverySearch,
  where: (query: Knex.QueryBuilder) => void,
  limit: number,
): Promise<readonly Delivery[]> {
  const { integration, projectId, storyId, state, kind, digest, isUnusual, from, to, words } = search
  const chosen = (): Knex.QueryBuilder =>
    reader('deliveries')
      .modify((query) => {
        where(query)
        if (integration !== undefined) query.where('integration', integration)
        if (projectId !== undefined) query.where('project_id', projectId)
        if (state !== undefined) query.where('state', state)
        if (kind !== undefined) query.where('kind', kind)
        if (storyId !== undefined && digest !== undefined) query.where('story_id', storyId)
        if (isUnusual === true) query.whereRaw(UNUSUAL)
        if (from !== undefined) query.where('created_at', '>=', from)
        if (to !== undefined) query.where('created_at', '<=', to)
      })
      .orderBy('id', 'desc')
  if (words === undefined) return (await chosen().select<DeliveryRow[]>('*').limit(limit)).map(deliveryOf)
  // Of most rows no more is needed than what is searched.
  const searched = await chosen().select<SearchedRow[]>('id', 'activity_id', 'project_id', 'story_id', 'lanes')
  const saying = (await thoseSaying(reader, searched.map(searchedOf), words)).slice(0, limit).map(({ id }) => id)
  if (saying.length === 0) return []
  return (await reader('deliveries').select<DeliveryRow[]>('*').whereIn('id', saying).orderBy('id', 'desc')).map(
    deliveryOf,
  )
}

/** What a text is searched by. */
type SearchedDelivery = Pick<Delivery, 'id' | 'activityId' | 'projectId' | 'storyId' | 'lanes'>
type SearchedRow = Pick<DeliveryRow, 'id' | 'activity_id' | 'project_id' | 'story_id' | 'lanes'>

function searchedOf({ id, activity_id, project_id, story_id, lanes }: SearchedRow): SearchedDelivery {
  return {
    id: Number(id),
    activityId: Number(activity_id),
    projectId: project_id,
    storyId: story_id,
    lanes: JSON.parse(lanes) as string[],
  }
}

/** Those whose activity or ticket has the words. */
export async function thoseSaying<T extends SearchedDelivery>(
  reader: Knex,
  deliveries: readonly T[],
  words: readonly string[],
): Promise<readonly T[]> {
  const tickets = await ticketsOf(reader, deliveries)
  const left = new Map(
    deliveries.map((delivery) => {
      const stories = storiesOf(delivery)
      const linked = stories.map((story) => tickets.get(`${delivery.projectId}:${story}`) ?? null)
      return [delivery, withoutIds(words, [...stories, ...linked])]
    }),
  )
  const saying = new Set(deliveries.filter((delivery) => left.get(delivery)?.length === 0))
  const unclear = new Map<number, T[]>()
  for (const delivery of deliveries) {
    if (saying.has(delivery)) continue
    const { activityId } = delivery
    const others = unclear.get(activityId)
    if (others === undefined) unclear.set(activityId, [delivery])
    else others.push(delivery)
  }
  await eachBody(reader, await sizesOf(reader, [...unclear.keys()]), (activityId, stored) => {
    let said: Said | null = null
    for (const delivery of unclear.get(activityId) ?? []) {
      const wanted = left.get(delivery) ?? words
      if (!canSay(bytesSaying(stored), wanted)) continue
      said ??= saidIn(stored)
      if (matches(wanted, { ids: [], texts: [said.author, said.sentence] })) saying.add(delivery)
    }
  })
  return deliveries.filter((delivery) => saying.has(delivery))
}

/** A forward has none of its own, but lanes named after the stories of its activity. */
function storiesOf({ storyId, lanes, projectId }: SearchedDelivery): readonly string[] {
  if (storyId !== null) return [storyId]
  return lanes.map((lane) => lane.slice(projectId.length + 1)).filter((story) => story !== '')
}

interface Said {
  readonly author: string | null
  readonly sentence: string | null
}

/** Of a body that an earlier release could read and this one cannot, nothing is known. */
export function saidIn(stored: StoredBody): Said {
  try {
    const { author, description } = readStored(stored)
    return { author, sentence: description }
  } catch {
    return { author: null, sentence: null }
  }
}

/** The tickets that the stories are linked to now, by project and story. */
async function ticketsOf(reader: Knex, deliveries: readonly SearchedDelivery[]): Promise<ReadonlyMap<string, string>> {
  const stories = new Set(deliveries.flatMap(storiesOf))
  const projects = [...new Set(deliveries.map(({ projectId }) => projectId))]
  return await linkedTo(reader, projects, [...stories])
}

export async function linkedTo(
  reader: Knex,
  projects: readonly string[],
  stories: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const tickets = new Map<string, string>()
  for (const project of projects)
    for (const some of inPieces(stories)) {
      const rows: { story_id: string; external_id: string }[] = await reader('links')
        .where('project_id', project)
        .whereIn('story_id', [...some])
        .whereNotNull('external_id')
        .select('story_id', 'external_id')
      for (const { story_id, external_id } of rows) tickets.set(`${project}:${story_id}`, external_id)
    }
  return tickets
}
