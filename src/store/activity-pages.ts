import type { Knex } from 'knex'
import { activitiesAmong, activitiesOfFew, causedBy, type Way, type WayChoice } from './activity-ways.ts'
import { eachBody } from './bodies.ts'
import type { Delivery, DeliveryState } from './delivery.ts'
import { linkedTo } from './delivery-pages.ts'
import { type DeliveryRow, deliveryOf } from './delivery-row.ts'
import { inPieces } from './pieces.ts'
import { readStored, type StoredBody } from './read-stored.ts'
import { canSay, matches, said, withoutIds } from './search.ts'
import { idBelow, MOST_EXAMINED, type Range, rangeOfTime } from './window.ts'

export interface ActivitySearch {
  readonly projectId?: string
  readonly kind?: string
  readonly storyId?: string
  /** Only those that caused such a delivery. */
  readonly way?: WayChoice
  /** Only these. */
  readonly ids?: readonly number[]
  /** Of their arrival, both included; milliseconds since 1970. */
  readonly from?: number
  readonly to?: number
  /** See `matches`; not empty. */
  readonly words?: readonly string[]
  /** The page after this activity. */
  readonly before?: number | null
  readonly limit: number
}

/** What a list shows of an activity. */
export interface ActivityRow {
  readonly id: number
  readonly projectId: string
  readonly kind: string
  readonly occurredAt: number
  readonly receivedAt: number
  /** Empty if Tracker told none; null if the bytes cannot be read any more, as with the sentence. */
  readonly author: string | null
  readonly sentence: string | null
  readonly stories: readonly { readonly id: string; readonly name: string | null }[]
  readonly bytes: number
  readonly deliveries: Readonly<Partial<Record<DeliveryState, number>>>
  /** What became of it in each integration that it concerns, in the order of their names. */
  readonly ways: readonly Way[]
}

export interface ActivityPage {
  readonly activities: readonly ActivityRow[]
  /** Where the next page begins; null if there is none. */
  readonly next: number | null
}

/** Rows that are looked at between two looks at how many were found. */
const STEP = 250
/** Of so many it is looked at once what they caused. */
const WAY_STEP = 1250

interface StoredRow {
  readonly id: number
  readonly project_id: string
  readonly kind: string
  readonly occurred_at: number
  readonly received_at: number
  readonly bytes: number
}

type Read = Omit<ActivityRow, 'deliveries' | 'ways'>

/** A page of activities, the newest first, after a bounded number of rows: it can be empty and have a next one. */
export async function activityPage(reader: Knex, search: ActivitySearch): Promise<ActivityPage> {
  const times = await rangeOfTime(reader, 'activities', 'received_at', search)
  const range = { from: times.from, to: Math.min(times.to, (search.before ?? Number.MAX_SAFE_INTEGER) - 1) }
  const few = await fewIds(reader, search)
  const asked = search.words === undefined ? search : { ...search, saying: await noTickets(reader, search.words) }
  return few === null
    ? await pageInOrder(reader, asked, range)
    : await pageOf(
        reader,
        asked,
        few.filter((id) => id >= range.from && id <= range.to),
      )
}

/** Of the words, those with which no ticket's id begins: an activity has them in its body, or does not match. */
async function noTickets(reader: Knex, words: readonly string[]): Promise<readonly string[]> {
  const begins = words.map((word) => `${word.replace(/[\\%_]/g, '\\$&')}%`)
  const rows: { external_id: string }[] = await reader('links')
    .whereNotNull('external_id')
    .whereRaw(
      // Letters besides ASCII are compared here, since databases fold them in their own ways.
      `(octet_length(external_id) <> length(external_id) or ${begins.map(() => "lower(external_id) like ? escape '\\'").join(' or ')})`,
      begins,
    )
    .limit(MOST_EXAMINED)
    .select('external_id')
  if (rows.length === MOST_EXAMINED) return []
  return withoutIds(
    words,
    rows.map(({ external_id }) => external_id),
  )
}

/** @property saying words that a body must have; see `noTickets` */
type Asked = ActivitySearch & { readonly saying?: readonly string[] }

/** Where those that match are known to be among a few, their ids, the newest first. */
async function fewIds(reader: Knex, { ids, way }: ActivitySearch): Promise<readonly number[] | null> {
  if (ids === undefined) return way === undefined ? null : await activitiesOfFew(reader, way)
  const having =
    way === undefined ? ids : await activitiesAmong(reader, way, (query) => query.whereIn('activity_id', [...ids]))
  return [...new Set(having)].sort((one, other) => other - one)
}

/** Goes through all of them, the newest first. */
async function pageInOrder(reader: Knex, search: Asked, range: Range): Promise<ActivityPage> {
  const { way } = search
  const isRead = search.words !== undefined || search.storyId !== undefined
  const step = isRead ? STEP : way !== undefined ? WAY_STEP : MOST_EXAMINED
  const found: Read[] = []
  let { to } = range
  for (let examined = 0; examined < MOST_EXAMINED && to >= range.from; examined += step) {
    const floor = await idBelow(reader, 'activities', { from: range.from, to }, step)
    const within: [number, number] = [floor ?? range.from, to]
    const ids =
      way === undefined
        ? null
        : await activitiesAmong(reader, way, (query) => query.whereBetween('activity_id', within))
    const rows =
      ids?.length === 0
        ? []
        : await rowsOf(
            reader,
            search,
            (query) => (ids === null ? query.whereBetween('id', within) : query.whereIn('id', ids)),
            isRead ? step : search.limit - found.length,
          )
    found.push(...(await matching(reader, search, rows)).slice(0, search.limit - found.length))
    const last = found.at(-1)
    if (found.length === search.limit && last !== undefined) return await page(reader, found, last.id)
    if (floor === null) return await page(reader, found, null)
    to = floor - 1
  }
  return await page(reader, found, to < range.from ? null : to + 1)
}

/** @param ids among which all are that match, the newest first */
async function pageOf(reader: Knex, search: Asked, ids: readonly number[]): Promise<ActivityPage> {
  const found: Read[] = []
  for (let at = 0; at < ids.length; at += STEP) {
    const some = ids.slice(at, at + STEP)
    const rows = await rowsOf(reader, search, (query) => query.whereIn('id', some), STEP)
    found.push(...(await matching(reader, search, rows)).slice(0, search.limit - found.length))
    const last = found.at(-1)
    if (found.length === search.limit && last !== undefined)
      return await page(reader, found, last.id === ids.at(-1) ? null : last.id)
  }
  return await page(reader, found, null)
}

async function rowsOf(
  reader: Knex,
  { projectId, kind, from, to }: ActivitySearch,
  where: (query: Knex.QueryBuilder) => void,
  limit: number,
): Promise<readonly StoredRow[]> {
  return await reader('activities')
    .select('id', 'project_id', 'kind', 'occurred_at', 'received_at', reader.raw('length(raw) as bytes'))
    .modify((query) => {
      where(query)
      if (projectId !== undefined) query.where('project_id', projectId)
      if (kind !== undefined) query.where('kind', kind)
      if (from !== undefined) query.where('received_at', '>=', from)
      if (to !== undefined) query.where('received_at', '<=', to)
    })
    .orderBy('id', 'desc')
    .limit(limit)
}

async function matching(reader: Knex, { storyId, words, saying }: Asked, rows: readonly StoredRow[]): Promise<Read[]> {
  const read = await readThose(reader, rows, { storyId, saying })
  const ofStory = storyId === undefined ? read : read.filter(({ stories }) => stories.some(({ id }) => id === storyId))
  if (words === undefined) return ofStory
  const tickets = await linkedTo(
    reader,
    [...new Set(ofStory.map(({ projectId }) => projectId))],
    [...new Set(ofStory.flatMap(({ stories }) => stories.map(({ id }) => id)))],
  )
  return ofStory.filter(({ projectId, author, sentence, stories }) =>
    matches(words, {
      ids: stories.flatMap(({ id }) => [id, tickets.get(`${projectId}:${id}`) ?? null]),
      texts: [author, sentence],
    }),
  )
}

/** Those whose bodies have the story's id and the words somewhere in them, in their order. */
async function readThose(
  reader: Knex,
  rows: readonly StoredRow[],
  { storyId, saying = [] }: { readonly storyId: string | undefined; readonly saying: Asked['saying'] | undefined },
): Promise<Read[]> {
  const known = new Map(rows.map((row) => [Number(row.id), row]))
  const read = new Map<number, Read>()
  const sized = rows.map(({ id, bytes }) => ({ id: Number(id), bytes: Number(bytes) }))
  await eachBody(reader, sized, (id, stored) => {
    const row = known.get(id)
    const text = said(stored)
    const canBe = (storyId === undefined || text.includes(storyId)) && canSay(text, saying)
    if (row !== undefined && canBe) read.set(id, readOf(row, stored))
  })
  return sized.flatMap(({ id }) => read.get(id) ?? [])
}

function readOf({ id, project_id, kind, occurred_at, received_at }: StoredRow, stored: StoredBody): Read {
  const known = {
    id: Number(id),
    projectId: project_id,
    kind,
    occurredAt: occurred_at,
    receivedAt: received_at,
    bytes: stored.raw.length,
  }
  try {
    const { author, description, stories } = readStored(stored)
    return {
      ...known,
      author: detached(author),
      sentence: detached(description),
      stories: stories.map(({ id, name }) => ({ id: detached(id), name: name === null ? null : detached(name) })),
    }
  } catch {
    return { ...known, author: null, sentence: null, stories: [] }
  }
}

/** V8 keeps the whole text in memory of which it has cut a piece. */
function detached(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}

async function page(reader: Knex, found: readonly Read[], next: number | null): Promise<ActivityPage> {
  const caused = await causedBy(
    reader,
    found.map(({ id }) => id),
  )
  const names = await namesOf(reader, found)
  const activities = found.map((each) => ({
    ...each,
    stories: each.stories.map(({ id, name }) => ({ id, name: name ?? names.get(`${each.projectId}:${id}`) ?? null })),
    deliveries: caused.get(each.id)?.counts ?? {},
    ways: caused.get(each.id)?.ways ?? [],
  }))
  return { activities, next }
}

/** Most activities do not tell the names of their stories, but earlier ones did. */
async function namesOf(reader: Knex, activities: readonly Read[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  const unnamed = activities.flatMap(({ projectId, stories }) =>
    stories.filter(({ name }) => name === null).map(({ id }) => ({ projectId, id })),
  )
  for (const project of new Set(unnamed.map(({ projectId }) => projectId))) {
    const ids = unnamed.filter(({ projectId }) => projectId === project).map(({ id }) => id)
    for (const { id, name } of await storyNames(reader, project, ids)) names.set(`${project}:${id}`, name)
  }
  return names
}

/** An activity with its bytes. */
export interface WholeActivity {
  readonly id: number
  readonly projectId: string
  readonly kind: string
  readonly contentType: string | null
  readonly occurredAt: number
  readonly receivedAt: number
  readonly raw: Buffer
  /** See `StoredBody`. */
  readonly normalised: string | null
}

export async function wholeActivity(reader: Knex, id: number): Promise<WholeActivity | null> {
  const row: (Omit<StoredRow, 'bytes'> & StoredBody & { content_type: string | null }) | undefined = await reader(
    'activities',
  )
    .where({ id })
    .first()
  if (row === undefined) return null
  return {
    id: Number(row.id),
    projectId: row.project_id,
    kind: row.kind,
    contentType: row.content_type,
    occurredAt: row.occurred_at,
    receivedAt: row.received_at,
    raw: row.raw,
    normalised: row.normalised,
  }
}

/** What an activity caused, the oldest first. */
export async function deliveriesOf(reader: Knex, activityId: number): Promise<readonly Delivery[]> {
  const rows: DeliveryRow[] = await reader('deliveries').where('activity_id', activityId).orderBy('id')
  return rows.map(deliveryOf)
}

/** Those that an activity has told. */
export async function storyNames(
  reader: Knex,
  projectId: string,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const found: { id: string; name: string }[] = []
  for (const some of inPieces(ids))
    found.push(
      ...(await reader('stories')
        .where('project_id', projectId)
        .whereIn('id', [...some])
        .whereNotNull('name')
        .select('id', 'name')),
    )
  return found
}
