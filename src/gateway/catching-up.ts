import type { Config, ProjectConfig } from '../config/schema.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { AskMissed } from '../sources/contract/source.ts'
import { SourceApiError } from '../sources/contract/source-api-error.ts'
import type { CatchUps } from './catch-ups.ts'
import type { Rhythm } from './rhythm.ts'

export interface CatchingUp {
  stop(): Promise<void>
}

interface CatchingUpParts {
  readonly catchUps: Pick<CatchUps, 'missed' | 'stateOf' | 'atOneInstance' | 'run' | 'failed'>
  readonly metrics: Metrics
  readonly log: Logger
  readonly rhythm: Pick<Rhythm, 'repeat' | 'catchUpLookMs' | 'catchUpSoonMs'>
  config(): Config
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

/**
 * Asks each project's tool for what its hook missed: at the start and every `every_minutes`, at one instance at a time. One
 * that fails is asked again after a minute, then later and later, up to the usual time.
 */
export function startCatchingUp(parts: CatchingUpParts): CatchingUp {
  const { catchUps, metrics, log, rhythm, now, steady } = parts
  const turns = new Map<string, Turn>()
  const stopping = new AbortController()

  async function look(): Promise<void> {
    for (const project of parts.config().projects) {
      const { every_minutes } = project.catch_up
      const missed = every_minutes === 0 ? null : catchUps.missed(project.id)
      if (missed === null) {
        turns.delete(project.id)
        continue
      }
      const turn = turns.get(project.id) ?? begun(project.id)
      if (turn.dueAt > steady() || stopping.signal.aborted) continue
      await catchUps.atOneInstance(project.id, (isOurs) => {
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

  async function ask(project: ProjectConfig, missed: AskMissed, turn: Turn): Promise<void> {
    const { id, catch_up } = project
    const everyMs = catch_up.every_minutes * MINUTE_MS
    const state = await catchUps.stateOf(id)
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
      const report = await catchUps.run(project, missed, { state, signal: stopping.signal })
      turn.isUpToDate = !report.isMore
      turn.failures = 0
      turn.dueAt = steady() + (turn.isUpToDate ? everyMs : Math.min(everyMs, rhythm.catchUpSoonMs))
    } catch (error) {
      if (stopping.signal.aborted) return
      turn.failures += 1
      const retryAfter = error instanceof SourceApiError ? (error.retryAfterMs ?? 0) : 0
      const backOff = Math.min(everyMs, rhythm.catchUpSoonMs * 2 ** (turn.failures - 1))
      turn.dueAt = steady() + Math.max(retryAfter, backOff)
      if (!(error instanceof SourceApiError)) throw error
      const detail = await catchUps.failed(id, error)
      const again = Math.round((turn.dueAt - steady()) / 1000)
      log.warn({ project: id, detail, again_in_seconds: again }, 'could not ask for what the hook missed')
    }
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
