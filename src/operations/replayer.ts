import type { Logger } from '../observability/logger.ts'
import type { Project } from '../queue/journal.ts'
import type { PlannedAnew } from '../store/plan-anew.ts'
import type { ActivitySelection, ClaimedReplay, ReplayHold, ReplayStep } from '../store/replays.ts'
import { StoreError } from '../store/store-error.ts'
import type { ThreadedStore } from '../store/thread.ts'
import { planAnew, reread, storiesOf } from './plan-anew.ts'

export interface ReplayerParts {
  readonly store: Pick<
    ThreadedStore,
    | 'isReplayRunning'
    | 'claimReplay'
    | 'stepReplay'
    | 'releaseReplay'
    | 'failReplay'
    | 'activitiesToPlan'
    | 'rememberedStories'
    | 'stepPlanAnew'
  >
  /** As the config in force says; undefined: it has no such project. */
  project(id: string): Project | undefined
  /** Something new is due for these integrations. */
  wake(integrations: readonly string[]): void
  readonly log: Logger
  /** After which another instance takes over what this one has not moved on. */
  readonly leaseMs: number
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>
}

export interface Replayer {
  /** Takes on jobs that nobody works on. */
  look(): Promise<void>
  /** Resolves when it works on none any more. */
  idle(): Promise<void>
  /** Gives its jobs back; other instances go on with them. */
  stop(): Promise<void>
}

/** Of one instance; the others wait, the oldest first. */
const MOST_JOBS = 4
/** Few rows in one commit, so that hooks do not wait long. */
const MOST_DELIVERIES = 200
const MOST_ACTIVITIES = 50
const PAUSE_AFTER_ERROR_MS = 1000
/** A step that fails so often in a row, though the store works, never succeeds. */
const MOST_FAILURES = 5

/** Works on replay jobs: puts deliveries into the queue step by step, no more in a second than each job says. */
export function createReplayer(parts: ReplayerParts): Replayer {
  const { store, leaseMs, now, steady, log } = parts
  const running = new Map<number, Promise<void>>()
  const stopping = new AbortController()
  let looking: Promise<void> = Promise.resolve()

  async function look(): Promise<void> {
    if (stopping.signal.aborted || running.size >= MOST_JOBS || !(await store.isReplayRunning())) return
    while (running.size < MOST_JOBS && !stopping.signal.aborted) {
      const job = await store.claimReplay({ now: now(), leaseMs, except: [...running.keys()] })
      if (job === null) return
      log.info({ replay: job.id, by: job.who, total: job.total, looked: job.looked }, 'replay')
      running.set(
        job.id,
        work(job).finally(() => running.delete(job.id)),
      )
    }
  }

  /** Never rejects. */
  async function work(job: ClaimedReplay): Promise<void> {
    let hold: ReplayHold = job
    let failures = 0
    while (!stopping.signal.aborted) {
      const began = steady()
      try {
        const step = await next(job, hold)
        if (step.integrations.length > 0) parts.wake(step.integrations)
        if (step.state !== 'going') return log.info({ replay: job.id, state: step.state }, 'replay ends here')
        hold = { ...hold, cursor: step.cursor }
        failures = 0
        await parts.pause(Math.max(0, (1000 * step.released) / job.perSecond - (steady() - began)), stopping.signal)
      } catch (error) {
        if (error instanceof StoreError && error.reason === 'stopping') return
        log.error({ replay: job.id, err: error }, 'a step of a replay failed')
        if (!(error instanceof StoreError)) failures += 1
        if (failures >= MOST_FAILURES) return await fail(job, error)
        await parts.pause(PAUSE_AFTER_ERROR_MS, stopping.signal)
      }
    }
    await store.releaseReplay(job).catch(() => {})
  }

  async function fail(job: ClaimedReplay, error: unknown): Promise<void> {
    const note = error instanceof Error ? error.message : String(error)
    await store.failReplay(job, note, now()).catch(() => {})
  }

  function next({ what, perSecond }: ClaimedReplay, hold: ReplayHold): Promise<ReplayStep> {
    if (what.type === 'activities') return planNext(what.selection, hold)
    const most = Math.min(MOST_DELIVERIES, Math.max(1, perSecond))
    return store.stepReplay(hold, { selection: what.selection, most, now: now(), leaseMs })
  }

  async function planNext(selection: ActivitySelection, hold: ReplayHold): Promise<ReplayStep> {
    const most = Math.min(MOST_ACTIVITIES, Math.max(1, hold.perSecond))
    const items = await plannedNext(parts, selection, { after: hold.cursor, untilId: hold.untilId, most })
    return await store.stepPlanAnew(hold, { items, most, again: selection.again, now: now(), leaseMs })
  }

  return {
    look() {
      looking = looking.catch(() => {}).then(look)
      return looking
    },
    async idle() {
      await Promise.all(running.values())
    },
    async stop() {
      stopping.abort()
      await looking.catch(() => {})
      await Promise.all(running.values())
    },
  }
}

/** Reads the next activities of a selection and plans them anew. */
export async function plannedNext(
  {
    store,
    project,
  }: Pick<ReplayerParts, 'project'> & {
    readonly store: Pick<ThreadedStore, 'activitiesToPlan' | 'rememberedStories'>
  },
  selection: ActivitySelection,
  range: { readonly after: number; readonly untilId: number; readonly most: number },
): Promise<PlannedAnew[]> {
  const found = await store.activitiesToPlan(selection, range)
  const readable = found.map((before) => reread(before, project(before.projectId)))
  const stories = await store.rememberedStories(storiesOf(readable.filter((each) => each !== null)))
  return found.map(({ id, projectId }, index) => {
    const each = readable[index] ?? null
    if (each === null) return { activityId: id, projectId, fresh: [], back: [], leftAlone: 0 }
    return planAnew(each, selection, stories)
  })
}
