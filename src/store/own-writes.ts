import type { Knex } from 'knex'
import { type OwnWrite, opposite } from '../connectors/contract/own-write.ts'
import { rememberStories } from './append.ts'
import type { Committer } from './committer.ts'
import type { Tables } from './dialect/dialect.ts'
import type { Entry } from './entry.ts'
import { inPieces } from './pieces.ts'
import { storyName } from './story-name.ts'
import { cut } from './texts.ts'

/** An event of a tool that may be of what the relay wrote there, or that is: the relay's own account did it. */
export interface OwnEvent {
  readonly told: Pick<Entry, 'projectId' | 'activity' | 'receivedAt'>
  /** What it says was changed; null: it is known to be the relay's. */
  readonly write: OwnWrite | null
  /** Nothing is stored. */
  readonly isOnlyAsked?: true
}

/** How much earlier than the write its event may be: clocks are read to the second. */
const EARLIER_MS = 2000
/** How much later: the write is stored before it is sent, and a tool takes its time. */
const LATER_MS = 120_000
/** Tools send again by hand, and are asked for what a hook missed. */
const KEPT_MS = 7 * 86_400_000
const LONGEST_PAGE = 500
const LONGEST_CHANGE = 300
const LONGEST_KEY = 255

/** Commits what a delivery is about to change, in place of the same that an earlier attempt was and the tool has not told. */
export function foretellOwnWrite(
  committer: Committer,
  { deliveryId, write, at }: { readonly deliveryId: number; readonly write: OwnWrite; readonly at: number },
): Promise<void> {
  const page = pageOf(write)
  const changes = write.changes.map((change) => cut(change, LONGEST_CHANGE))
  return committer.run(
    async ({ knex }) => {
      await knex('own_writes')
        .where({ delivery_id: deliveryId })
        .whereIn('change', changes)
        .whereNull('event_key')
        .delete()
      await knex('own_writes').insert(
        changes.map((change) => ({ delivery_id: deliveryId, page, change, written_at: at })),
      )
    },
    { names: [nameOf(page)], deliveries: [deliveryId] },
  )
}

/** What was foretold has not happened. */
export function takeBackOwnWrite(committer: Committer, deliveryId: number): Promise<void> {
  return committer.run(
    async ({ knex }) => {
      await knex('own_writes').where({ delivery_id: deliveryId }).whereNull('event_key').delete()
    },
    { deliveries: [deliveryId] },
  )
}

/**
 * Whether all that the event says is what the relay has just written; each write is the reason of one event. If so, what the
 * event tells of stories is remembered, and nothing else comes of it. The same event is known again.
 */
export function takeOwnEvent(committer: Committer, { told, write, isOnlyAsked }: OwnEvent): Promise<boolean> {
  const { projectId, activity } = told
  const page = write === null ? null : pageOf(write)
  return committer.run(
    async (trx) => {
      const isOwn =
        write === null || page === null || (await isWritten(trx.knex, { page, write, activity, isOnlyAsked }))
      if (isOwn && isOnlyAsked !== true) await rememberStories(trx, [told])
      return isOwn
    },
    {
      names: [...(page === null ? [] : [nameOf(page)]), ...activity.stories.map(({ id }) => storyName(projectId, id))],
    },
  )
}

async function isWritten(
  knex: Tables,
  {
    page,
    write,
    activity,
    isOnlyAsked,
  }: { page: string; write: OwnWrite; activity: Entry['activity']; isOnlyAsked: true | undefined },
): Promise<boolean> {
  const at = Date.parse(activity.occurredAt)
  const key = cut(activity.key, LONGEST_KEY)
  const changes = [...new Set(write.changes.map((change) => cut(change, LONGEST_CHANGE)))]
  const rows: { id: number; change: string; event_key: string | null }[] = await knex('own_writes')
    .select('id', 'change', 'event_key')
    .where({ page })
    .whereIn('change', changes)
    .whereBetween('written_at', [at - LATER_MS, at + EARLIER_MS])
    .whereRaw('(event_key is null or event_key = ?)', [key])
    .whereRaw('(undone_at is null or undone_at >= ?)', [at])
    .orderBy('id')
  const found = changes.map((change) => {
    const same = rows.filter((row) => row.change === change)
    return same.find(({ event_key }) => event_key !== null) ?? same[0]
  })
  const isOwn = changes.length > 0 && found.every((row) => row !== undefined)
  if (isOnlyAsked === true) return isOwn
  if (isOwn) {
    const ids = found.flatMap((row) => (row === undefined ? [] : [row.id]))
    await knex('own_writes').whereIn('id', ids).update({ event_key: key })
    return true
  }
  // Somebody changes it back: what comes after that is not what the relay wrote.
  const status = changes.find((change) => change.startsWith('='))
  const opposites = write.changes.flatMap((change) => cut(opposite(change), LONGEST_CHANGE) ?? [])
  await knex('own_writes')
    .where({ page })
    .where((undone) => {
      undone.whereIn('change', opposites)
      if (status !== undefined) undone.orWhereRaw("(change like '=%' and change <> ?)", [status])
    })
    .whereNull('event_key')
    .whereNull('undone_at')
    .where('written_at', '<=', at)
    .update({ undone_at: at })
  return false
}

export async function sweepOwnWrites(committer: Committer, reader: Knex, now: number): Promise<void> {
  const rows: { id: number }[] = await reader('own_writes')
    .select('id')
    .where('written_at', '<', now - KEPT_MS)
  for (const ids of inPieces(rows.map(({ id }) => id)))
    await committer.run(async ({ knex }) => await knex('own_writes').whereIn('id', ids).delete(), {
      names: ['own writes'],
    })
}

/** The same page is linked with http and https. */
function pageOf({ page }: OwnWrite): string {
  const { host, pathname } = URL.canParse(page) ? new URL(page) : { host: '', pathname: page }
  return cut(`${host}${pathname}`.replace(/\/+$/, '').toLowerCase(), LONGEST_PAGE)
}

const nameOf = (page: string): string => `own write ${page}`
