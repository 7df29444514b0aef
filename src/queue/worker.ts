import type { Session, Ticket, TicketTarget } from '../connectors/contract/connector.ts'
import type { StateEffect } from '../connectors/contract/effect.ts'
import { recordExchanges } from '../http/client.ts'
import type { Exchange } from '../http/send.ts'
import type { NotLinked } from '../links/find.ts'
import type { Logger } from '../observability/logger.ts'
import { type Metrics, showBreaker } from '../observability/metrics.ts'
import type { Breaker } from '../store/breaker.ts'
import type { Outcome, Taken } from '../store/delivery.ts'
import type { IntegrationState } from '../store/integration-states.ts'
import type { StoredActivity } from '../store/look.ts'
import type { Settlement } from '../store/settle.ts'
import { StoreError } from '../store/store-error.ts'
import type { TakeRequest } from '../store/take.ts'
import type { Activity } from '../tracker/activity.ts'
import { allowance, answered, type BreakerSettings, CLOSED, failed } from './breaker.ts'
import { carryOut, type Surroundings } from './carry-out.ts'
import { outcome, type Result, type RetrySettings } from './outcome.ts'
import { type Bucket, fullBucket, nextToken, refill, spend } from './rate-limit.ts'
import { type Runner, startRunner } from './runner.ts'

/** One configured integration, opened and ready. */
export interface Integration {
  readonly name: string
  /** The connector's name. */
  readonly type: string
  readonly session: Session
  /** Null when it works without tickets. */
  readonly tickets: TicketTarget | null
  /** Changes with every setting. */
  readonly fingerprint: string
  /** Takes the secrets out of a text. */
  redact(text: string): string
  readonly pace: {
    readonly concurrency: number
    readonly max_per_minute?: number | undefined
    readonly max_per_day?: number | undefined
    readonly coalesce_states: boolean
    readonly retry: RetrySettings
    readonly breaker: BreakerSettings
  }
}

/** What the worker needs of the store; declared here because the worker is who uses it. */
export interface WorkerStore {
  take(request: TakeRequest): Promise<readonly Taken[]>
  settle(settlement: Settlement): Promise<boolean>
  nextDue(integration: string): Promise<number | null>
  sentOn(integration: string, day: string): Promise<number>
  storedActivity(id: number): Promise<StoredActivity>
  background(delivery: Taken): Promise<{ occurredAt: number; name: string | null; type: string | null }>
  nextState(delivery: Taken): Promise<StateEffect | null>
  laterStatesDelivered(delivery: Taken): Promise<readonly StateEffect[]>
  saveBreaker(integration: string, fingerprint: string, breaker: Breaker): Promise<void>
  savePause(integration: string, fingerprint: string, reason: string, now: number): Promise<void>
}

export interface WorkerParts {
  readonly store: WorkerStore
  readonly metrics: Metrics
  readonly log: Logger
  readonly leaseMs: number
  now(): number
  random(): number
  /** Resolves after so many milliseconds. */
  pause(ms: number): Promise<void>
  parse(raw: Buffer): Activity
  storyUrl(projectId: string, storyId: string): string
  /** The ticket that the delivery's story is linked to in this integration's system, or why there is none. */
  ticketOf(delivery: Taken, integration: Integration): Promise<Ticket | NotLinked>
}

export interface IntegrationWorker {
  readonly integration: Integration
  wake(): void
  stop(): Promise<void>
  running(): readonly Taken[]
  lastTurn(): number
  /** What another process has written down about this integration: a pause, a resume. */
  notice(state: IntegrationState): void
  standing(): { readonly breaker: Breaker; readonly pausedReason: string | null }
}

const SETTLE_PAUSE_MS = 1000
const CAP_PAUSE_MS = 500
const DAY_MS = 86_400_000

/** The day of a moment, in UTC. */
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

/** Starts delivering for one integration; `before` is how it stood when the process before this one ended. */
export function startIntegrationWorker(
  integration: Integration,
  before: IntegrationState | null,
  parts: WorkerParts,
): IntegrationWorker {
  const { name, pace } = integration
  const { store, metrics, now } = parts
  const log = parts.log.child({ integration: name })
  const known = before?.fingerprint === integration.fingerprint ? before : null
  let breaker: Breaker = known?.breaker ?? CLOSED
  // A pause by a person outlives a change of the settings; one by the target ends with the settings it belongs to.
  let pausedReason: string | null = (before?.pausedBy === 'operator' ? before : known)?.pausedReason ?? null
  let resumedAt = before?.resumedAt ?? 0
  let bucket: Bucket | null = pace.max_per_minute === undefined ? null : fullBucket(pace.max_per_minute, now())
  /** While the day's cap is reached nothing is taken, milliseconds since 1970. */
  let cappedUntil = 0
  show()

  function show(): void {
    showBreaker(metrics, name, breaker.state)
    metrics.paused.set({ integration: name }, pausedReason === null ? 0 : 1)
  }

  function maySend(running: number): { count: number; askAgainAt: number | null } {
    if (pausedReason !== null) return { count: 0, askAgainAt: null }
    if (now() < cappedUntil) return { count: 0, askAgainAt: cappedUntil }
    const count = allowance(breaker, now(), running, pace.concurrency)
    if (count === 0) return { count, askAgainAt: breaker.state === 'open' && running === 0 ? breaker.until : null }
    if (bucket === null || pace.max_per_minute === undefined) return { count, askAgainAt: null }
    bucket = refill(bucket, pace.max_per_minute, now())
    const affordable = Math.min(count, Math.floor(bucket.tokens))
    return { count: affordable, askAgainAt: affordable > 0 ? null : nextToken(bucket, pace.max_per_minute) }
  }

  async function take(limit: number, running: readonly Taken[]): Promise<readonly Taken[]> {
    const affordable = pace.max_per_day === undefined ? limit : await withinDay(pace.max_per_day, limit, running.length)
    if (affordable === 0) return []
    const except = running.map(({ id }) => id)
    const taken = await store.take({ integration: name, limit: affordable, now: now(), leaseMs: parts.leaseMs, except })
    if (bucket !== null) bucket = spend(bucket, taken.length)
    return taken
  }

  /** How many of `limit` the day still has room for, were all that run to be sent. */
  async function withinDay(most: number, limit: number, running: number): Promise<number> {
    const at = now()
    const sent = await store.sentOn(name, dayOf(at))
    const left = Math.max(0, most - sent - running)
    if (left === 0 && running > 0) cappedUntil = at + CAP_PAUSE_MS
    else if (left === 0) {
      cappedUntil = Date.parse(dayOf(at)) + DAY_MS
      log.warn({ sent, max_per_day: most, until: new Date(cappedUntil).toISOString() }, 'the cap of the day is reached')
    }
    return Math.min(limit, left)
  }

  async function work(delivery: Taken): Promise<void> {
    if (delivery.attempts === 1)
      metrics.queueWait.observe({ integration: name }, (delivery.startedAt - delivery.createdAt) / 1000)
    const exchanges: Exchange[] = []
    const result = await recordExchanges(exchanges, () => carryOut(delivery, surroundings))
    const endedAt = now()
    await learn(result, endedAt)
    const raw = outcome(delivery, result, breaker, pace.retry, delivery.startedAt, endedAt, parts.random())
    const decided = { ...raw, note: integration.redact(raw.note) }
    const day = pace.max_per_day === undefined ? null : dayOf(endedAt)
    const ours = await settle({ delivery, outcome: decided, exchanges, endedAt, day })
    if (ours === null) return
    if (!ours) metrics.leasesLost.inc({ integration: name })
    report(delivery, decided, endedAt, ours)
  }

  /**
   * What is known of an attempt is not given up because the store is busy or full: until it is written down, the
   * delivery keeps its place among those that run, and nobody sends it again.
   * @returns null when the relay stops, or the outcome can never be written; then the delivery comes back in doubt
   */
  async function settle(settlement: Settlement): Promise<boolean | null> {
    for (;;) {
      try {
        return await store.settle(settlement)
      } catch (error) {
        metrics.storeErrors.inc()
        log.error({ delivery: settlement.delivery.id, err: error }, 'the outcome of an attempt is not written down yet')
        if (!(error instanceof StoreError) || error.reason === 'stopping') return null
        await parts.pause(SETTLE_PAUSE_MS)
      }
    }
  }

  const surroundings: Surroundings = {
    session: integration.session,
    ticketOf: integration.tickets === null ? null : (delivery) => parts.ticketOf(delivery, integration),
    superseded,
    async background(delivery) {
      const { occurredAt, name, type } = await store.background(delivery)
      const { storyId: id, projectId } = delivery
      const story = id === null ? null : { id, projectId, name, type, url: parts.storyUrl(projectId, id) }
      const repeated = delivery.attempts > 1 && delivery.effect.kind === 'state'
      const overtaken = repeated && (await store.laterStatesDelivered(delivery)).length > 0
      return { story, occurredAt: new Date(occurredAt), overtaken }
    },
    async activity({ activityId }) {
      const { raw, contentType } = await store.storedActivity(activityId)
      return { activity: parts.parse(raw), raw, contentType }
    },
  }

  async function superseded(delivery: Taken): Promise<string | null> {
    const { effect } = delivery
    if (effect.kind !== 'state') return null
    const replaces = (later: StateEffect): boolean => integration.tickets?.supersedes(later, effect) ?? true
    // A state that died and is replayed must not take the ticket back to where it was before.
    if (delivery.attempts > 1 && (await store.laterStatesDelivered(delivery)).some(replaces))
      return 'superseded: a later state of the story was carried on already'
    // Only what waited behind a target that was down is drawn together; what arrives while it is up is all carried on.
    const waited = delivery.attempts > 1 || breaker.state === 'open' || delivery.createdAt <= breaker.recoveredAt
    const next = pace.coalesce_states && waited ? await store.nextState(delivery) : null
    return next !== null && replaces(next) ? 'superseded: a later state of the story was waiting already' : null
  }

  /** What an attempt tells of the target. */
  async function learn(result: Result, at: number): Promise<void> {
    if (result.type === 'skipped' || (result.type === 'failed' && result.targetAsked === false)) return
    const before = breaker
    const next =
      result.type === 'done' ? answered(before, at) : failed(before, result.error, pace.breaker, at, parts.random())
    if (next !== before) breaker = next.state === 'open' ? { ...next, reason: integration.redact(next.reason) } : next
    try {
      if (result.type === 'failed' && result.error.verdict === 'pause')
        await pause(integration.redact(result.error.message), at)
      else if (before.state !== breaker.state || (breaker.state === 'open' && breaker !== before)) await turn()
    } catch (error) {
      metrics.storeErrors.inc()
      log.error({ err: error }, "the integration's standing could not be written down")
    }
    show()
  }

  async function turn(): Promise<void> {
    if (breaker.state === 'open')
      log.warn({ reason: breaker.reason, probe_at: new Date(breaker.until).toISOString() }, 'integration held')
    else log.info({}, 'integration recovered')
    await store.saveBreaker(name, integration.fingerprint, breaker)
  }

  async function pause(reason: string, at: number): Promise<void> {
    pausedReason = reason
    log.error({ reason }, 'integration paused until it is resumed or its settings change')
    await store.savePause(name, integration.fingerprint, reason, at)
  }

  function report(delivery: Taken, decided: Outcome, endedAt: number, ours: boolean): void {
    metrics.attempts.inc({ integration: name, outcome: decided.word })
    metrics.attemptDuration.observe({ integration: name }, (endedAt - delivery.startedAt) / 1000)
    if (decided.state === 'delivered')
      metrics.endToEnd.observe({ integration: name }, (endedAt - delivery.createdAt) / 1000)
    const fields = {
      delivery: delivery.id,
      activity: delivery.activityId,
      project: delivery.projectId,
      story: delivery.storyId,
      kind: delivery.effect.kind,
      attempt: delivery.attempts,
      outcome: decided.word,
      state: ours ? decided.state : 'not ours any more',
      ms: endedAt - delivery.startedAt,
      note: decided.note,
      ...(decided.dueAt === null ? {} : { again_at: new Date(decided.dueAt).toISOString() }),
    }
    if (decided.state === 'dead') log.error(fields, 'delivery')
    else if (decided.state === 'waiting' || decided.state === 'held') log.warn(fields, 'delivery')
    else log.info(fields, 'delivery')
  }

  const runner: Runner = startRunner({
    allowance: maySend,
    take,
    work,
    nextDue: () => store.nextDue(name),
    now,
    onError(error) {
      metrics.storeErrors.inc()
      log.error({ err: error }, 'the store failed; delivering goes on in a moment')
    },
  })

  return {
    integration,
    wake: runner.wake,
    stop: runner.stop,
    running: runner.running,
    lastTurn: runner.lastTurn,
    standing: () => ({ breaker, pausedReason }),
    notice(state) {
      if ((state.resumedAt ?? 0) > resumedAt) {
        resumedAt = state.resumedAt ?? 0
        pausedReason = null
        if (breaker.state === 'open') breaker = { ...breaker, until: now() }
        log.info({}, 'integration resumed')
        runner.wake()
      } else if (state.pausedBy === 'operator' && pausedReason === null) {
        pausedReason = state.pausedReason
        log.info({ reason: pausedReason }, 'integration paused')
      }
      show()
    },
  }
}
