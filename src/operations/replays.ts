import type { Project } from '../queue/journal.ts'
import type { DeliveryState } from '../store/delivery.ts'
import type { NewReplay, ReplayJob, ReplayWhat } from '../store/replays.ts'
import type { Selection, SelectionCount } from '../store/selection.ts'
import type { ThreadedStore } from '../store/thread.ts'
import { OperationError } from './operation-error.ts'
import { plannedNext } from './replayer.ts'

type PreviewStore = Pick<ThreadedStore, 'countThose' | 'countActivities' | 'activitiesToPlan' | 'rememberedStories'>

/** Of one job, in a second, unless it says otherwise. */
export const DEFAULT_PER_SECOND = 50
export const MOST_PER_SECOND = 10_000

export interface ReplayPreview {
  /** How many deliveries or activities are chosen. */
  readonly total: number
  /** How many deliveries would be put into the queue, by integration and, for those that exist, state. */
  readonly deliveries: readonly {
    readonly integration: string
    readonly state: DeliveryState | 'new'
    readonly count: number
  }[]
  /** False if so many activities are chosen that only the first ones were planned. */
  readonly isComplete: boolean
}

/** So many activities are planned for a preview. */
const MOST_PLANNED = 5000
const AT_ONCE = 100

/** What a replay would do; changes nothing. */
export async function previewReplay(
  parts: { readonly store: PreviewStore; project(id: string): Project | undefined },
  what: ReplayWhat,
): Promise<ReplayPreview> {
  const { store } = parts
  if (what.type === 'deliveries') {
    const deliveries = await counted(store, what.selection)
    return { total: sumOf(deliveries), deliveries, isComplete: true }
  }
  const { count: total, lastId: untilId } = await store.countActivities(what.selection)
  const counts = new Map<string, { integration: string; state: DeliveryState | 'new'; count: number }>()
  function add(integration: string, state: DeliveryState | 'new'): void {
    const key = `${integration} ${state}`
    counts.set(key, { integration, state, count: (counts.get(key)?.count ?? 0) + 1 })
  }
  let planned = 0
  for (let after = 0; planned < MOST_PLANNED; ) {
    const items = await plannedNext(parts, what.selection, { after, untilId, most: AT_ONCE })
    for (const { fresh, back } of items) {
      for (const { integration } of fresh) add(integration, 'new')
      for (const { integration, state } of back) add(integration, state)
    }
    planned += items.length
    after = items.at(-1)?.activityId ?? after
    if (items.length < AT_ONCE) break
  }
  return { total, deliveries: [...counts.values()], isComplete: planned >= total }
}

/** @throws {OperationError} if a text would have to be searched for in too many */
export async function counted(
  store: Pick<ThreadedStore, 'countThose'>,
  selection: Selection,
): Promise<readonly SelectionCount[]> {
  const found = await store.countThose(selection)
  if (found !== null) return found
  throw new OperationError(
    'invalid',
    'too many deliveries would be searched for the text; narrow them by time or project',
  )
}

export function sumOf(counts: readonly { readonly count: number }[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0)
}

/** Makes a job of it, which any instance then works on. @throws {OperationError} if nothing is chosen */
export async function startReplay(
  store: Pick<ThreadedStore, 'countThose' | 'countActivities' | 'createReplay'>,
  { who, what, perSecond = DEFAULT_PER_SECOND }: Omit<NewReplay, 'total' | 'perSecond'> & { perSecond?: number },
  now: number,
): Promise<ReplayJob> {
  const total =
    what.type === 'activities'
      ? (await store.countActivities(what.selection)).count
      : sumOf(await counted(store, what.selection))
  if (total === 0) throw new OperationError('unknown', `no ${what.type} are chosen by this; nothing is replayed`)
  return await store.createReplay({ who, what, perSecond, total }, now)
}

/** @throws {OperationError} if there is no such job, or it has ended */
export async function cancelReplay(
  store: Pick<ThreadedStore, 'cancelReplay' | 'replayJob'>,
  id: number,
  who: string,
  now: number,
): Promise<ReplayJob> {
  const cancelled = await store.cancelReplay(id, who, now)
  const job = await store.replayJob(id)
  if (job === null) throw new OperationError('unknown', `replay ${id} does not exist`)
  if (!cancelled) throw new OperationError('conflict', `replay ${id} has ended already: it is ${job.state}`)
  return job
}
