import { randomBytes } from 'node:crypto'
import type { Config, ProjectConfig } from '../config/schema.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { type CatchUpReport, catchUp, OVERLAP_MS } from '../operations/catch-up.ts'
import type { Journal, Project } from '../queue/journal.ts'
import type { AskMissed } from '../sources/contract/source.ts'
import { SourceApiError } from '../sources/contract/source-api-error.ts'
import type { CatchUp } from '../store/catch-ups.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { Rhythm } from './rhythm.ts'

export interface CatchingUp {
  stop(): Promise<void>
}

interface CatchingUpParts {
  readonly store: ThreadedStore
  readonly journal: Pick<Journal, 'acceptMissed'>
  readonly metrics: Metrics
  readonly log: Logger
  readonly rhythm: Pick<Rhythm, 'repeat' | 'catchUpLookMs' | 'catchUpSoonMs' | 'catchUpLeaseMs'>
  config(): Config
  project(id: string): Project | undefined
  /** Null: its tool cannot be asked. */
  missed(projectId: string): AskMissed | null
  /** Without the secrets of the project's tool. */
  redact(projectId: string, text: string): string
  now(): number
  steady(): number
}

interface Turn {
  /** By the steady clock. */
  dueAt: number
  failures: number
  /** It was asked since this process started, and there was no more. */
  isUpToDate: boolean
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/**
 * Asks each project's tool for what its hook missed: at the start and every `every_minutes`, at one instance at a time. One
 * that fails is asked again after a minute, then later and later, up to the usual time.
 */
export function startCatchingUp(parts: CatchingUpParts): CatchingUp {
  const { store, metrics, log, rhythm, now, steady } = parts
  const started = now()
  const turns = new Map<string, Turn>()
  const stopping = new AbortController()
  const holder = randomBytes(12).toString('hex')

  async function look(): Promise<void> {
    for (const project of parts.config().projects) {
      const { every_minutes } = project.catch_up
      const missed = every_minutes === 0 ? null : parts.missed(project.id)
      if (missed === null) {
        turns.delete(project.id)
        continue
      }
      const turn = turns.get(project.id) ?? begun(project.id)
      if (turn.dueAt > steady() || stopping.signal.aborted) continue
      await atOneInstance(project.id, (isOurs) => {
        if (isOurs) return ask(project, missed, turn)
        turn.dueAt = steady() + rhythm.catchUpLookMs
        return Promise.resolve()
      })
    }
  }

  function begun(project: string): Turn {
    for (const outcome of ['succeeded', 'failed']) metrics.catchUpRuns.inc({ project, outcome }, 0)
    for (const reason of ['too many', 'too old']) metrics.catchUpCut.inc({ project, reason }, 0)
    metrics.catchUpActivities.inc({ project }, 0)
    const turn = { dueAt: steady(), failures: 0, isUpToDate: false }
    turns.set(project, turn)
    return turn
  }

  /** The duty is extended while the work lasts, and free at once when it ends. */
  async function atOneInstance(projectId: string, work: (isOurs: boolean) => Promise<void>): Promise<void> {
    const duty = { name: `catch up ${projectId}`, holder }
    const claim = () => store.claimDuty({ ...duty, now: now(), forMs: rhythm.catchUpLeaseMs })
    if (!(await claim())) return await work(false)
    const extension = setInterval(() => void claim().catch(() => {}), rhythm.catchUpLeaseMs / 3)
    try {
      await work(true)
    } finally {
      clearInterval(extension)
      await store.releaseDuty(duty)
    }
  }

  async function ask(project: ProjectConfig, missed: AskMissed, turn: Turn): Promise<void> {
    const { id, catch_up } = project
    const everyMs = catch_up.every_minutes * MINUTE_MS
    const state = await stateOf(id)
    if (state === null) {
      // Nothing has come yet; what comes first is where it begins.
      turn.dueAt = steady() + rhythm.catchUpSoonMs
      return
    }
    // Another instance, or this one before it was started again, has asked a moment ago.
    const gap = turn.isUpToDate ? everyMs : rhythm.catchUpSoonMs
    const wait = state.askedAt === null || state.askedAt > now() ? 0 : state.askedAt + gap - now()
    if (wait > 0 && turn.failures === 0) {
      turn.dueAt = steady() + wait
      return
    }
    try {
      const report = await run(project, missed, state)
      turn.isUpToDate = !report.isMore
      turn.failures = 0
      turn.dueAt = steady() + (turn.isUpToDate ? everyMs : Math.min(everyMs, rhythm.catchUpSoonMs))
    } catch (error) {
      if (stopping.signal.aborted) return
      turn.failures += 1
      const retryAfter = error instanceof SourceApiError ? (error.retryAfterMs ?? 0) : 0
      const backOff = Math.min(everyMs, rhythm.catchUpSoonMs * 2 ** (turn.failures - 1))
      turn.dueAt = steady() + Math.max(retryAfter, backOff)
      await failed(id, error, turn)
    }
  }

  async function stateOf(projectId: string): Promise<CatchUp | null> {
    const known = (await store.catchUps()).find((each) => each.projectId === projectId)
    if (known !== undefined) return known
    const seen = await store.firstSeen(projectId, started)
    if (seen === null) return null
    const begin = seen - OVERLAP_MS
    return { projectId, since: begin, upTo: begin, askedAt: null, succeededAt: null, failing: null }
  }

  async function run({ id, catch_up }: ProjectConfig, missed: AskMissed, state: CatchUp): Promise<CatchUpReport> {
    const project = parts.project(id)
    if (project === undefined) throw new Error(`project ${id} has just left the config`)
    const report = await catchUp(
      state,
      {
        announceWithinMs: catch_up.announce_within_minutes * MINUTE_MS,
        longestMs: catch_up.days * DAY_MS,
        atMost: catch_up.at_most,
      },
      { project, missed, journal: parts.journal, saveCatchUp: store.saveCatchUp, now, signal: stopping.signal },
    )
    const succeededAt = now()
    await store.saveCatchUp({
      ...{ projectId: id, upTo: report.upTo.getTime(), askedAt: succeededAt, failing: null },
      since: (report.isMore ? report.since : report.upTo).getTime(),
      succeededAt: report.isMore ? state.succeededAt : succeededAt,
    })
    metrics.catchUpRuns.inc({ project: id, outcome: 'succeeded' })
    metrics.catchUpActivities.inc({ project: id }, report.fresh)
    metrics.catchUpCut.inc({ project: id, reason: 'too many' }, report.isMore ? 1 : 0)
    metrics.catchUpCut.inc({ project: id, reason: 'too old' }, report.isTooOld ? 1 : 0)
    tell(id, report)
    return report
  }

  function tell(project: string, { since, upTo, asked, fresh, refused, isTooOld, isMore }: CatchUpReport): void {
    const line = { project, since, up_to: upTo, asked, fresh, refused }
    if (isTooOld) log.warn(line, 'not caught up with what happened before catch_up.days')
    if (isMore) log.warn(line, 'caught up in part; the rest follows soon, since catch_up.at_most is reached')
    else if (fresh + refused > 0) log.info(line, 'caught up')
    else log.debug(line, 'nothing was missed')
  }

  async function failed(id: string, error: unknown, turn: Turn): Promise<void> {
    if (!(error instanceof SourceApiError)) throw error
    const problem = parts.redact(id, error.message)
    metrics.catchUpRuns.inc({ project: id, outcome: 'failed' })
    const again = Math.round((turn.dueAt - steady()) / 1000)
    log.warn({ project: id, detail: problem, again_in_seconds: again }, 'could not ask for what the hook missed')
    const state = await stateOf(id)
    if (state === null) return
    const since = state.failing?.since ?? now()
    await store.saveCatchUp({ ...state, askedAt: now(), failing: { since, problem } })
  }

  let busy: Promise<void> = Promise.resolve()
  let isIdle = true
  function lookOnce(): void {
    if (!isIdle || stopping.signal.aborted) return
    isIdle = false
    busy = look()
      .catch((error: unknown) => {
        if (stopping.signal.aborted) return
        metrics.storeErrors.inc()
        log.error({ err: error }, 'what the hooks missed could not be stored; it will be asked for again')
      })
      .finally(() => {
        isIdle = true
      })
  }
  const end = rhythm.repeat(rhythm.catchUpLookMs, lookOnce)
  lookOnce()

  return {
    async stop() {
      stopping.abort()
      end()
      await busy
    },
  }
}
