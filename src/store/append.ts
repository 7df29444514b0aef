import type { Committer, Writes } from './committer.ts'
import type { Insertion, Row, Trx } from './dialect/dialect.ts'
import type { Appended, Entries, Entry } from './entry.ts'
import { enter, type LaneEntry, laneKey, occupied } from './lanes.ts'
import { learnLinks } from './learn-links.ts'
import { rememberedStories, withoutThoseLeftOut } from './story-facts.ts'
import { storyName } from './story-name.ts'
import { lastStates, storyKey, withEarlierStates } from './story-states.ts'
import { cut } from './texts.ts'

/** A unique index finds duplicates, so of two copies that arrive together only one gets in. */
export function createAppend(committer: Committer): (entry: Entry) => Promise<Appended> {
  return committer.batched(appendAll, {
    order: (entry) => ({ names: namesOf(entry) }),
    bytesOf: ({ raw }) => raw.length,
  })
}

/** The same for all that one body told, in one commit. Gives nothing if nothing is stored, since its basis is gone. */
export function createAppendTogether(committer: Committer): (told: Entries) => Promise<readonly Appended[]> {
  return committer.batched(
    async (trx, bodies: readonly Entries[]) => {
      const outdated = await outdatedOf(trx, bodies)
      const entries = bodies.map((body) => (outdated.has(body) ? [] : entriesOf(body)))
      const appended = await appendAll(trx, entries.flat())
      let from = 0
      return entries.map(({ length }) => {
        from += length
        return appended.slice(from - length, from)
      })
    },
    {
      order: (told) => ({ names: entriesOf(told).flatMap(namesOf) }),
      bytesOf: ({ raw, activities }) => raw.length * activities.length,
    },
  )
}

/** Those of which another relay, or somebody who handed a request in again, has told of a story meanwhile. */
async function outdatedOf(trx: Trx, bodies: readonly Entries[]): Promise<Set<Entries>> {
  const wanted = bodies.flatMap(({ projectId, basis = [] }) => basis.map(({ storyId }) => ({ projectId, storyId })))
  const known = new Map(
    (await rememberedStories(trx.knex, wanted)).map((story) => [storyKey(story.projectId, story.storyId), story]),
  )
  const holds = ({ projectId, basis = [] }: Entries): boolean =>
    basis.every(({ storyId, state, statedAt }) => {
      const now = known.get(storyKey(projectId, storyId))
      return (now?.state ?? null) === state && (now?.statedAt ?? null) === statedAt
    })
  const stated = new Set<string>()
  return new Set(
    bodies.filter((body) => {
      const own = (body.basis ?? []).map(({ storyId }) => storyKey(body.projectId, storyId))
      const isOutdated = !holds(body) || own.some((key) => stated.has(key))
      if (!isOutdated) for (const key of own) stated.add(key)
      return isOutdated
    }),
  )
}

function entriesOf({ activities, basis: _, ...shared }: Entries): Entry[] {
  return activities.map((each) => ({ ...shared, ...each }))
}

function namesOf(entry: Entry): string[] {
  return [
    `activity ${entryKey(entry)}`,
    ...entry.activity.stories.map(({ id }) => storyName(entry.projectId, id)),
    ...lanesOf(entry).map(laneKey),
  ]
}

async function appendAll(trx: Writes, entries: readonly Entry[]): Promise<Appended[]> {
  const lanes = entries.flatMap(lanesOf)
  const [ids, taken] = await besideReading(insertActivities(trx, entries), occupied(trx, lanes))
  const fresh: { id: number; entry: Entry }[] = []
  const seen = new Set<string>()
  for (const entry of entries) {
    const id = ids.get(entryKey(entry))
    if (id === undefined || seen.has(entryKey(entry))) continue
    seen.add(entryKey(entry))
    fresh.push({ id, entry })
  }
  const wanted = await withoutThoseLeftOut(
    trx,
    fresh.map(({ entry }) => entry),
  )
  const told = await withEarlierStates(trx, wanted)
  const completed = fresh.map(({ id, entry }, index) => ({ id, entry: told[index] ?? entry }))
  const repeated = entries.filter((entry) => !ids.has(entryKey(entry)))
  const [, known] = await besideReading(insertDeliveries(trx, completed, taken), findDuplicates(trx, repeated))
  await rememberStories(trx, told)
  await learnLinks(trx, told)
  const counts = new Map(told.map((entry) => [entryKey(entry), entry.deliveries.length]))
  const claimed = new Set<string>()
  return entries.map((entry) => {
    const key = entryKey(entry)
    const id = ids.get(key)
    const deliveries = counts.get(key) ?? 0
    if (id !== undefined && !claimed.has(key)) {
      claimed.add(key)
      return { id, deliveries, duplicate: false }
    }
    if (id !== undefined) return { id, deliveries, duplicate: true }
    return { ...(known.get(key) ?? { id: 0, deliveries: 0 }), duplicate: true }
  })
}

/**
 * One round trip for an independent write and read. Never two writes: if SQLite rolls back by itself during the first,
 * the second would be a transaction of its own, and stay.
 */
async function besideReading<W, R>(write: Promise<W>, read: Promise<R>): Promise<[W, R]> {
  const [written, found] = await Promise.allSettled([write, read])
  if (written.status === 'rejected') throw written.reason
  if (found.status === 'rejected') throw found.reason
  return [written.value, found.value]
}

const ACTIVITIES: Insertion = {
  table: 'activities',
  columns: ['project_id', 'key', 'kind', 'content_type', 'raw', 'occurred_at', 'received_at'],
  binary: ['raw'],
  tail: 'on conflict (project_id, key) do nothing returning id, project_id, key',
}
/** With how they were read; most activities need neither. */
const READ_ACTIVITIES: Insertion = { ...ACTIVITIES, columns: [...ACTIVITIES.columns, 'source', 'normalised'] }
const DELIVERIES: Insertion = {
  table: 'deliveries',
  columns: [
    ...['activity_id', 'key', 'project_id', 'integration', 'story_id', 'kind', 'effect', 'lanes', 'state'],
    ...['created_at', 'due_at', 'trace'],
  ],
  tail: 'returning id, key',
}
const SKIPPED: Insertion = { ...DELIVERIES, columns: [...DELIVERIES.columns, 'settled_at', 'note'] }
const newState = `excluded.state is not null
  and (stories.stated_at is null or excluded.stated_at >= stories.stated_at)`
const known = (column: string): string => `coalesce(excluded.${column}, stories.${column})`
const newLabels = `excluded.labels is not null
  and (stories.labelled_at is null or excluded.labelled_at >= stories.labelled_at)`
const labelled = (column: string): string => `case when ${newLabels} then excluded.${column} else stories.${column} end`
const stated = (column: string): string => `case when ${newState} then excluded.${column} else stories.${column} end`
const KEPT_OF_STORIES: Readonly<Record<string, string>> = {
  name: known('name'),
  story_type: known('story_type'),
  deleted_at: known('deleted_at'),
  state: stated('state'),
  stated_at: stated('stated_at'),
  labels: labelled('labels'),
  labelled_at: labelled('labelled_at'),
}
const kept = Object.entries(KEPT_OF_STORIES)
/** Most activities bring nothing new; then no page is written. */
const STORIES: Insertion = {
  table: 'stories',
  columns: ['project_id', 'id', 'name', 'story_type', 'deleted_at', 'state', 'stated_at', 'labels', 'labelled_at'],
  tail: `on conflict (project_id, id) do update set ${kept.map(([name, value]) => `${name} = ${value}`).join(', ')}
   where ${kept.map(([name, value]) => `${value} is distinct from stories.${name}`).join(' or ')}`,
}

/** The widths of the columns. */
const LONGEST_CONTENT_TYPE = 255
const LONGEST_STORY_TYPE = 32
/** More than people give a story, so that a body cannot fill the table. */
const MOST_LABELS = 200
const LONGEST_LABEL = 255

const entryKey = ({ projectId, activity }: Entry): string => `${projectId} ${activity.key}`

/** @returns the ids of new activities, by project and key */
async function insertActivities(trx: Trx, entries: readonly Entry[]): Promise<Map<string, number>> {
  const areRead = entries.some(({ read }) => read !== undefined)
  const inserted = await trx.insert<{ id: number; project_id: string; key: string }>(
    areRead ? READ_ACTIVITIES : ACTIVITIES,
    entries.map(({ projectId, activity, raw, contentType, receivedAt, read }) => [
      projectId,
      activity.key,
      activity.kind,
      cut(contentType, LONGEST_CONTENT_TYPE),
      raw,
      Date.parse(activity.occurredAt),
      receivedAt,
      ...(areRead ? [read?.source ?? null, read?.normalised ?? null] : []),
    ]),
  )
  return new Map(inserted.map(({ id, project_id, key }) => [`${project_id} ${key}`, Number(id)]))
}

function lanesOf({ deliveries }: Entry): { integration: string; lane: string }[] {
  return deliveries.flatMap(({ integration, lanes, skipped }) =>
    skipped === undefined ? lanes.map((lane) => ({ integration, lane })) : [],
  )
}

/** @param taken the lanes that hold an open delivery already */
export async function insertDeliveries(
  trx: Writes,
  fresh: readonly { id: number; entry: Pick<Entry, 'projectId' | 'receivedAt' | 'deliveries' | 'trace'> }[],
  taken: Set<string>,
): Promise<void> {
  const rows: Row[] = []
  const settled: Row[] = []
  const lanesByKey = new Map<string, { integration: string; lanes: readonly string[] }>()
  for (const { id, entry } of fresh)
    for (const planned of entry.deliveries) {
      const { integration } = planned
      const about = [
        ...[id, planned.key, entry.projectId, integration, planned.storyId, planned.effect.kind],
        ...[JSON.stringify(planned.effect), JSON.stringify(planned.lanes)],
      ]
      if (planned.skipped !== undefined) {
        trx.counts.add(integration, 'skipped', 1)
        const trace = entry.trace ?? null
        settled.push([...about, 'skipped', entry.receivedAt, null, trace, entry.receivedAt, planned.skipped])
        continue
      }
      const own = planned.lanes.map((lane) => laneKey({ integration, lane }))
      const first = own.every((lane) => !taken.has(lane))
      for (const lane of own) taken.add(lane)
      trx.counts.add(integration, 'pending', 1)
      lanesByKey.set(planned.key, planned)
      rows.push([
        ...about,
        'pending',
        entry.receivedAt,
        first ? trx.stored(entry.receivedAt, entry.receivedAt) : null,
        entry.trace ?? null,
      ])
    }
  const entriesOfLanes: LaneEntry[] = []
  for (const { id, key } of await trx.insert<{ id: number; key: string }>(DELIVERIES, rows)) {
    const found = lanesByKey.get(key)
    if (found === undefined) throw new Error(`the database returned a delivery that was not inserted: ${key}`)
    for (const lane of found.lanes)
      entriesOfLanes.push({ integration: found.integration, lane, deliveryId: Number(id) })
  }
  if (settled.length > 0) await trx.insert(SKIPPED, settled)
  await enter(trx, entriesOfLanes)
}

/**
 * Keeps a story's name, state and labels for later activities, which seldom have them. Tracker cannot undo a deletion, so
 * activities that come after it happened before it; other tools tell what is restored.
 */
export async function rememberStories(
  trx: Trx,
  entries: readonly Pick<Entry, 'projectId' | 'activity' | 'receivedAt'>[],
): Promise<void> {
  const states = lastStates(entries)
  const rows = new Map<string, Row>()
  for (const { projectId, activity } of entries)
    for (const { id, name, storyType, change, labels = null } of activity.stories) {
      // A story that moves to another project still exists, with its ticket.
      const isDeleted = change === 'delete' && !activity.kind.includes('move')
      const deletedAt = isDeleted ? Date.parse(activity.occurredAt) : null
      const key = storyKey(projectId, id)
      const told = states.get(key)
      if (name === null && storyType === null && deletedAt === null && told === undefined && labels === null) continue
      const before = rows.get(key)
      rows.set(key, [
        projectId,
        id,
        name ?? before?.[2] ?? null,
        cut(storyType, LONGEST_STORY_TYPE) ?? before?.[3] ?? null,
        deletedAt ?? before?.[4] ?? null,
        told?.state ?? null,
        told?.statedAt ?? null,
        ...labelValues(labels, Date.parse(activity.occurredAt), before),
      ])
    }
  if (rows.size > 0) await trx.insert(STORIES, [...rows.values()])
  for (const { projectId, activity } of entries)
    for (const { id } of activity.stories.filter(({ isRestored }) => isRestored === true))
      await trx
        .knex('stories')
        .where({ project_id: projectId, id })
        .where('deleted_at', '<', Date.parse(activity.occurredAt))
        .update({ deleted_at: null })
}

/** The later of what this activity tells and what one before it in the commit did. */
function labelValues(labels: readonly string[] | null, at: number, before: Row | undefined): Row {
  const [known = null, knownAt = null] = before?.slice(7) ?? []
  if (labels === null || (typeof knownAt === 'number' && knownAt > at)) return [known, knownAt]
  return [JSON.stringify(labels.slice(0, MOST_LABELS).map((label) => cut(label, LONGEST_LABEL))), at]
}

async function findDuplicates(
  trx: Trx,
  entries: readonly Entry[],
): Promise<Map<string, { id: number; deliveries: number }>> {
  if (entries.length === 0) return new Map()
  const rows: { id: number; project_id: string; key: string; deliveries: number }[] = await trx
    .knex('activities')
    .select('id', 'project_id', 'key')
    .select(trx.knex.raw('(select count(*) from deliveries where activity_id = activities.id) as deliveries'))
    .whereIn(
      ['project_id', 'key'],
      entries.map(({ projectId, activity }) => [projectId, activity.key]),
    )
  return new Map(
    rows.map(({ id, project_id, key, deliveries }) => [
      `${project_id} ${key}`,
      { id: Number(id), deliveries: Number(deliveries) },
    ]),
  )
}
