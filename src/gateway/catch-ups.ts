import { randomBytes } from 'node:crypto'
import type { Config, ProjectConfig } from '../config/schema.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { type CatchUpReport, catchUp, OVERLAP_MS } from '../operations/catch-up.ts'
import type { Journal, Project } from '../queue/journal.ts'
import type { CatchUpAsked, CatchUpParts, KnownCatchUp } from '../routes/api/catch-ups.ts'
import type { AskMissed } from '../sources/contract/source.ts'
import { SourceApiError } from '../sources/contract/source-api-error.ts'
import type { CatchUp } from '../store/catch-ups.ts'
import type { ThreadedStore } from '../store/thread.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { toolOf } from './addresses.ts'
import type { Rhythm } from './rhythm.ts'

/** Asks a project's tool for what its hook missed, and knows how far that is. */
export interface CatchUps extends CatchUpParts {
  /** Null: its tool cannot be asked. */
  missed(projectId: string): AskMissed | null
  /** Null: nothing has come yet; what comes first is where it begins. */
  stateOf(projectId: string): Promise<CatchUp | null>
  /** @param work is told whether this instance may ask: one at a time does */
  atOneInstance<T>(projectId: string, work: (isOurs: boolean) => Promise<T>): Promise<T>
  /** @throws {SourceApiError} */
  run(project: ProjectConfig, missed: AskMissed, how: RunOf): Promise<CatchUpReport>
  /** Ends what is asked at the moment, after the page that is being stored. */
  stop(): Promise<void>
  /** Keeps why it failed. @returns that, without secrets */
  failed(projectId: string, error: SourceApiError): Promise<string>
}

interface RunOf {
  readonly state: CatchUp
  readonly signal: Pick<AbortSignal, 'aborted'>
  readonly isDryRun?: boolean
}

export interface CatchUpsParts {
  readonly store: Pick<ThreadedStore, 'catchUps' | 'saveCatchUp' | 'firstSeen' | 'claimDuty' | 'releaseDuty'>
  readonly journal: Pick<Journal, 'acceptMissed' | 'countMissed'>
  readonly metrics: Metrics
  readonly log: Logger
  readonly rhythm: Pick<Rhythm, 'catchUpLeaseMs'>
  config(): Config
  project(id: string): Project | undefined
  missed(projectId: string): AskMissed | null
  /** Without the secrets of the project's tool. */
  redact(projectId: string, text: string): string
  now(): number
  steady(): number
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Who asks waits for the answer, and can ask for the rest. */
const LONGEST_MS = 60_000

export function createCatchUps(parts: CatchUpsParts): CatchUps {
  const { store, journal, metrics, log, now, steady } = parts
  const started = now()
  const running = new Set<Promise<void>>()
  let isStopping = false

  async function stateOf(projectId: string): Promise<CatchUp | null> {
    const known = (await store.catchUps()).find((each) => each.projectId === projectId)
    if (known !== undefined && known.upTo <= now()) return known
    const seen = await store.firstSeen(projectId, Math.min(started, now()))
    if (known === undefined) return seen === null ? null : beginning(projectId, seen - OVERLAP_MS)
    // The clock was ahead. What was asked for up to a time that is still to come is not known.
    const from = Math.min(seen ?? now(), now()) - OVERLAP_MS
    return { ...known, since: Math.min(known.since, from), upTo: from }
  }

  /** The duty is extended while the work lasts, and free at once when it ends. */
  async function atOneInstance<T>(projectId: string, work: (isOurs: boolean) => Promise<T>): Promise<T> {
    const { catchUpLeaseMs } = parts.rhythm
    const duty = { name: `catch up ${projectId}`, holder: randomBytes(12).toString('hex') }
    const claim = () => store.claimDuty({ ...duty, now: now(), forMs: catchUpLeaseMs })
    if (!(await claim())) return await work(false)
    const extension = setInterval(() => void claim().catch(() => {}), catchUpLeaseMs / 3)
    try {
      return await work(true)
    } finally {
      clearInterval(extension)
      await store.releaseDuty(duty)
    }
  }

  async function run({ id, catch_up }: ProjectConfig, missed: AskMissed, how: RunOf): Promise<CatchUpReport> {
    const { state, signal, isDryRun = false } = how
    const project = parts.project(id)
    if (project === undefined) throw new Error(`project ${id} has just left the config`)
    const limits = {
      announceWithinMs: catch_up.announce_within_minutes * MINUTE_MS,
      longestMs: catch_up.days * DAY_MS,
      atMost: catch_up.at_most,
    }
    if (isDryRun)
      return await asked(id, state, limits, {
        ...{ missed, now, signal },
        accept: (_arrival, found) => journal.countMissed(project, found),
        async saveCatchUp() {},
      })
    const report = await asked(id, state, limits, {
      ...{ missed, now, signal },
      accept: (arrival, found) => journal.acceptMissed({ project, ...arrival }, found),
      saveCatchUp: store.saveCatchUp,
    })
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

  /** An answer in another form than the tool's API has is the tool's fault, and not the store's. */
  async function asked(id: string, ...how: Parameters<typeof catchUp>): Promise<CatchUpReport> {
    try {
      return await catchUp(...how)
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      const tool = toolOf(parts.config(), id)
      throw new SourceApiError(`${tool}'s API answered what cannot be read: ${error.message}`, { cause: error })
    }
  }

  function tell(project: string, { since, upTo, asked, fresh, refused, isTooOld, isMore }: CatchUpReport): void {
    const line = { project, since, up_to: upTo, asked, fresh, refused }
    if (isTooOld) log.warn(line, 'not caught up with what happened before catch_up.days')
    if (isMore) log.warn(line, 'caught up in part; the rest follows soon, since catch_up.at_most is reached')
    else if (fresh + refused > 0) log.info(line, 'caught up')
    else log.debug(line, 'nothing was missed')
  }

  async function failed(projectId: string, error: SourceApiError): Promise<string> {
    const problem = parts.redact(projectId, error.message)
    metrics.catchUpRuns.inc({ project: projectId, outcome: 'failed' })
    const state = await stateOf(projectId)
    if (state === null) return problem
    const since = state.failing?.since ?? now()
    await store.saveCatchUp({ ...state, askedAt: now(), failing: { since, problem } })
    return problem
  }

  /** @param since reaches further back than where it would begin */
  async function begins(projectId: string, since: number | null): Promise<CatchUp | null> {
    const state = await stateOf(projectId)
    if (since === null) return state
    if (state === null) return beginning(projectId, since)
    // What is on its way from then on goes on.
    return since < state.since ? { ...state, since, upTo: since } : state
  }

  async function askNow(projectId: string, { since, isDryRun }: Parameters<CatchUpParts['ask']>[1]) {
    const project = parts.config().projects.find(({ id }) => id === projectId)
    if (project === undefined) return undefined
    const missed = parts.missed(projectId)
    if (missed === null) return refusal('conflict', `${toolOf(parts.config(), projectId)} cannot be asked: ${NO_TOKEN}`)
    const { days } = project.catch_up
    if (since !== null && (since > now() || since < now() - days * DAY_MS))
      return refusal('bad-parameter', `since must be a time of the last ${days} days (catch_up.days of the project)`)
    const end = steady() + LONGEST_MS
    const signal = {
      get aborted() {
        return isStopping || steady() > end
      },
    }
    const asked = atOneInstance(projectId, async (isOurs): Promise<CatchUpAsked> => {
      if (!isOurs) return refusal('conflict', `project ${projectId} is being caught up with at this moment`)
      const state = await begins(projectId, since)
      if (state === null)
        return refusal('conflict', `nothing has come to project ${projectId} yet; say since when it is to be asked`)
      try {
        return { report: await run(project, missed, { state, signal, isDryRun }) }
      } catch (error) {
        if (!(error instanceof SourceApiError)) throw error
        return refusal('tool-failed', await failed(projectId, error))
      }
    })
    const settled = asked.then(
      () => {},
      () => {},
    )
    running.add(settled)
    void settled.then(() => running.delete(settled))
    return await asked
  }

  async function list(): Promise<KnownCatchUp[]> {
    const { projects } = parts.config()
    const states = new Map((await store.catchUps()).map((state) => [state.projectId, state]))
    return projects.map(({ id, name, catch_up }) => ({
      ...{ projectId: id, name, tool: toolOf(parts.config(), id) },
      canBeAsked: parts.missed(id) !== null,
      everyMinutes: catch_up.every_minutes,
      state: states.get(id) ?? null,
    }))
  }

  return {
    ...{ list, ask: askNow, missed: parts.missed, stateOf, atOneInstance, run, failed },
    async stop() {
      isStopping = true
      await Promise.all(running)
    },
  }
}

const NO_TOKEN =
  "it takes the project's tracker settings with API v5, or a source with a token whose page says that it catches up"

function beginning(projectId: string, at: number): CatchUp {
  return { projectId, since: at, upTo: at, askedAt: null, succeededAt: null, failing: null }
}

function refusal(problem: 'conflict' | 'bad-parameter' | 'tool-failed', detail: string): CatchUpAsked {
  return { problem, detail }
}
