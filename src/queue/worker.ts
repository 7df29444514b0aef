import { inAttempt } from '../http/attempt.ts'
import type { Exchange } from '../http/send.ts'
import type { Logger } from '../observability/logger.ts'
import { type Metrics, showBreaker } from '../observability/metrics.ts'
import type { Tracing } from '../observability/tracing.ts'
import type { Breaker } from '../store/breaker.ts'
import type { Bucket } from '../store/bucket.ts'
import { isSettled, type Taken, waitsSince } from '../store/delivery.ts'
import { isForDigest } from '../store/digest.ts'
import type { ClockChange } from '../store/due-dates.ts'
import type { IntegrationState } from '../store/integration-states.ts'
import type { Settlement } from '../store/settle.ts'
import type { SharedLimits } from '../store/shared-limits.ts'
import type { Postponed, TakeRequest } from '../store/take.ts'
import { reportAttempt } from './attempt-report.ts'
import { traceAttempt } from './attempt-trace.ts'
import { carryOut } from './carry-out.ts'
import { digestDue } from './digest-due.ts'
import { createDoubtsFirst, type Doubt } from './doubts-first.ts'
import type { Integration } from './integration.ts'
import { createLeases, type LeasesStore } from './leases.ts'
import { outcome, type Result } from './outcome.ts'
import { patiently } from './patiently.ts'
import { recordOf, settledOf } from './record.ts'
import { startRunner } from './runner.ts'
import {
  blamed,
  dayOf,
  learn,
  leftOfDay,
  longestWaitMs,
  maySend,
  type News,
  notice,
  noticeBreaker,
  probesNewest,
  restored,
  type Standing,
  setBackMs,
  shifted,
  spent,
} from './standing.ts'
import { type SurroundingsParts, surroundingsOf } from './surroundings.ts'

export interface WorkerParts extends SurroundingsParts {
  readonly store: SurroundingsParts['store'] &
    LeasesStore & {
      take(request: TakeRequest): Promise<readonly Taken[]>
      settle(settlement: Settlement): Promise<boolean>
      giveBack(taken: readonly Taken[]): Promise<void>
      postpone(postponed: Postponed): Promise<void>
      nextDue(integration: string, now: number): Promise<number | null>
      sentOn(integration: string, day: string): Promise<number>
      firstDoubt(integration: string, except: readonly number[], now: number): Promise<Doubt | null>
      bucket(integration: string, now: number): Promise<Bucket | null>
      /** @returns its version */
      saveBreaker(integration: string, fingerprint: string, breaker: Breaker, now: number): Promise<number>
      bringBackDueDates(change: ClockChange): Promise<void>
      savePause(integration: string, fingerprint: string, reason: string, now: number): Promise<void>
    }
  readonly metrics: Metrics
  /** Null: nothing is traced. */
  readonly tracing: Tracing | null
  readonly log: Logger
  readonly leaseMs: number
  /** The longest sleep between two looks into the queue. */
  lookMs(): number
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  random(): number
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. Never rejects. */
  pause(ms: number, signal?: AbortSignal): Promise<void>
}

interface First {
  readonly take: Pick<TakeRequest, 'only' | 'early'>
  /** When what is only asked about is due. */
  readonly dueAt: number | null
}

const ANYTHING: First = { take: {}, dueAt: null }

export interface IntegrationWorker {
  readonly integration: Integration
  wake(): void
  stop(): Promise<void>
  /** To be called three times in the length of a lease, so that one late extension does not lose it. */
  extendLeases(): Promise<void>
  lastTurn(): number
  /** Takes in what another process has stored about this integration: a pause, a resume. */
  notice(state: IntegrationState): void
  /** The machine's clock was set back by so many milliseconds. */
  clockSetBack(ms: number): Promise<void>
  standing(): Pick<Standing, 'breaker' | 'pausedReason'>
}

/** Another instance sends a probe: when to look whether it has ended. Its end is told, too. */
const PROBE_RETRY_MS = 500

/** An attempt at a target for which some are taken ahead, as many as it may get at once. */
const QUICK_MS = 1000
/** One for which more are taken ahead, so that a commit, which takes as long as several attempts, has enough to share. */
const INSTANT_MS = 100
const AHEAD_OF_EACH = 4
const MOST_AHEAD = 64

/**
 * Starts delivering for one integration: asks its standing how much may be sent, carries out deliveries, and stores their
 * outcomes and the new standing.
 * @param before as the previous process left it
 */
export function startIntegrationWorker(
  integration: Integration,
  before: IntegrationState | null,
  parts: WorkerParts,
): IntegrationWorker {
  const { name, fingerprint, pace, redact, session, tickets } = integration
  const { store, metrics, now, steady, leaseMs } = parts
  const log = parts.log.child({ integration: name })
  let standing = restored(before, fingerprint, pace, now())
  /** Of the breaker that was last stored, as far as this process knows. */
  let version = before?.breakerVersion ?? 0
  let saving = 0
  const surroundings = surroundingsOf(integration, parts, () => standing.breaker)
  // Where tickets are written to, the lane of a story keeps all else from its ticket.
  const doubts = tickets === null && session.confirm !== undefined ? createDoubtsFirst(now()) : null
  /** What was taken before it is due, with its due date. */
  const onlyAsked = new Map<number, number>()
  const leases = createLeases({ integration: name, store, leaseMs, now, steady })
  show()

  function show(): void {
    showBreaker(metrics, name, standing.breaker.state)
    metrics.paused.set({ integration: name }, standing.pausedReason === null ? 0 : 1)
  }

  async function take(limit: number, running: readonly Taken[]): Promise<readonly Taken[]> {
    const askedAt = now()
    const except = running.map(({ id }) => id)
    const abandoned = await leases.abandoned()
    const isProbe = standing.breaker.state === 'open'
    const limits = sharedLimits(except, isProbe)
    const affordable = limits === undefined ? limit : await withinLimits(limit, limits)
    // Before anything in doubt is chosen: a question that is not asked must not count as one.
    if (affordable === 0) return []
    const first = await askFirst(except)
    if (first === null) return []
    const from = leases.moment()
    const newestFirst = probesNewest(standing)
    const request = { integration: name, limit: affordable, now: from.time, leaseMs, abandoned, newestFirst, limits }
    const found = await store.take({ ...request, ...first.take })
    const taken = integration.digestAfter === null ? found : await dueOf(found, askedAt)
    if (first.dueAt !== null) for (const { id } of taken) onlyAsked.set(id, first.dueAt)
    leases.hold(taken, from)
    standing = spent(standing, pace, taken.length, askedAt)
    return taken
  }

  /** Without what goes into a digest later. That it waits for is decided here, so that it follows the settings and the clock. */
  async function dueOf(taken: readonly Taken[], at: number): Promise<readonly Taken[]> {
    const due: Taken[] = []
    for (const delivery of taken) {
      const until = digestDue(integration.digestAfter, delivery)
      if (until === null || until <= at) due.push(delivery)
      else
        await patiently(
          () => store.postpone({ delivery: settledOf(delivery), until, now: at }),
          parts,
          (error) => {
            log.error({ delivery: delivery.id, err: error }, 'a delivery is not given back to its digest yet')
          },
        )
    }
    return due
  }

  /** @returns what to take in place of anything that is due; null: nothing now */
  async function askFirst(except: readonly number[]): Promise<First | null> {
    if (doubts === null) return ANYTHING
    const at = now()
    const known = [...except, ...doubts.cleared(at)]
    const doubt = leases.doubtNow(await store.firstDoubt(name, known, at))
    const isProbe = standing.breaker.state === 'open'
    const turn = doubts.turn(doubt, { running: except.length, isProbe, at: now() })
    if (turn.type === 'wait') standing = { ...standing, askingUntil: turn.until }
    if (turn.type !== 'ask') return turn.type === 'wait' ? null : ANYTHING
    const { id, early } = turn
    return { take: { only: id, early }, dueAt: early ? (doubt?.dueAt ?? null) : null }
  }

  /** Only where there are any, so that all others wait for nobody. */
  function sharedLimits(own: readonly number[], isProbe: boolean): SharedLimits | undefined {
    const { max_per_minute: perMinute, max_per_day: most } = pace
    if (perMinute === undefined && most === undefined && !isProbe) return undefined
    return { perMinute, perDay: most === undefined ? undefined : { day: dayOf(now()), most }, isProbe, own }
  }

  /** Looks before the take, which decides, so that it knows when to ask again. */
  async function withinLimits(limit: number, { perMinute, perDay, isProbe, own }: SharedLimits): Promise<number> {
    let left = limit
    if (perMinute !== undefined) {
      const at = now()
      const bucket = await store.bucket(name, at)
      if (bucket !== null) standing = { ...standing, bucket }
      left = Math.min(left, Math.max(0, maySend(standing, pace, own.length, at).count))
    }
    const others = perDay === undefined && !isProbe ? 0 : await leases.ofOthers()
    if (isProbe && others > 0) {
      standing = { ...standing, askingUntil: now() + PROBE_RETRY_MS }
      return 0
    }
    return perDay === undefined ? left : await withinDay(perDay.most, left, own.length + others)
  }

  async function withinDay(most: number, limit: number, running: number): Promise<number> {
    const at = now()
    const sent = await store.sentOn(name, dayOf(at))
    const day = leftOfDay(standing, most, { sent, running }, at)
    standing = day.standing
    if (day.left === 0 && running === 0) {
      const until = new Date(standing.cappedUntil).toISOString()
      log.warn({ sent, max_per_day: most, until }, 'max_per_day is reached; sending continues on the next day')
    }
    return Math.min(limit, day.left)
  }

  /** Where a cap counts what is sent, or what is in doubt is asked about first, each is taken when it may be sent. */
  const isTakenAhead = doubts === null && pace.max_per_minute === undefined && pace.max_per_day === undefined

  const mostAhead = Math.max(pace.concurrency, Math.min(AHEAD_OF_EACH * pace.concurrency, MOST_AHEAD))

  /** What a slow target is to get would only stand around, and be in doubt if the process died. */
  let lastTookMs = Number.POSITIVE_INFINITY

  function ahead(): number {
    const { breaker, pausedReason } = standing
    if (!isTakenAhead || lastTookMs > QUICK_MS || breaker.state !== 'closed' || pausedReason !== null) return 0
    return lastTookMs <= INSTANT_MS ? mostAhead : pace.concurrency
  }

  async function giveBack(taken: readonly Taken[]): Promise<void> {
    await patiently(
      () => store.giveBack(taken),
      parts,
      (error) => {
        log.error({ deliveries: taken.length, err: error }, 'deliveries that were taken are not given back yet')
      },
    )
    for (const delivery of taken) leases.release(delivery)
  }

  async function work(taken: Taken, leave: () => void): Promise<void> {
    // It may have been at hand for a while.
    const delivery = { ...taken, startedAt: now() }
    await attempt(delivery, leave).finally(() => {
      leases.release(delivery)
      onlyAsked.delete(delivery.id)
    })
  }

  async function attempt(delivery: Taken, leave: () => void): Promise<void> {
    if (delivery.attempts === 1)
      metrics.queueWait.observe(
        { integration: name },
        Math.max(0, delivery.startedAt - (digestDue(integration.digestAfter, delivery) ?? waitsSince(delivery))) / 1000,
      )
    const exchanges: Exchange[] = []
    const began = steady()
    const dueAgainAt = onlyAsked.get(delivery.id) ?? null
    const trace = traceAttempt(parts.tracing, delivery, integration.type)
    const found = await inAttempt({ exchanges, fence: leases.fenceOf(delivery), trace: trace.requests }, () =>
      carryOut(delivery, surroundings, { onlyAsk: dueAgainAt !== null }),
    )
    const endedAt = now()
    const durationMs = steady() - began
    lastTookMs = durationMs
    const result = blamed(standing, delivery, found)
    await learnFrom(delivery, result, endedAt)
    if (dueAgainAt !== null) doubts?.asked(delivery.id, result.type === 'absent', endedAt)
    const { breaker } = standing
    const attempted = { delivery, result, breaker, dueAgainAt }
    const decided = outcome({ ...attempted, retry: pace.retry, now: endedAt, random: parts.random() })
    // What is in doubt keeps its place until the store knows, and others ask.
    if (isSettled(decided.state) && delivery.inDoubtSince === null) leave()
    const settlement = {
      delivery: settledOf(delivery),
      // What was written is looked up by its id only where the target can be asked.
      outcome: { ...decided, note: redact(decided.note), receiptId: session.confirm ? decided.receiptId : null },
      exchanges: recordOf(exchanges, decided),
      endedAt,
      durationMs,
      targetTime: earlierBy(durationMs, integration.targetTime()),
      withDigest: integration.digestAfter !== null && isForDigest(delivery),
      day: pace.max_per_day === undefined ? null : dayOf(endedAt),
    }
    const ours = await patiently(
      () => store.settle(settlement),
      parts,
      (error) => {
        log.error({ delivery: delivery.id, err: error }, 'the outcome of an attempt is not stored yet')
      },
    )
    trace.end(ours === null ? null : settlement.outcome)
    if (ours !== null) reportAttempt(metrics, log, { ...settlement, delivery, ours, traceId: trace.traceId })
  }

  async function learnFrom(delivery: Taken, result: Result, at: number): Promise<void> {
    const learned = learn(standing, delivery, result, {
      settings: pace.breaker,
      now: at,
      random: parts.random(),
      redact,
    })
    if (learned.standing === standing) return
    const { breaker, pausedReason } = standing
    standing = learned.standing
    if (standing.breaker !== breaker || standing.pausedReason !== pausedReason) show()
    try {
      if (learned.news !== null) await tell(learned.news, at)
    } catch (error) {
      metrics.storeErrors.inc()
      log.error({ err: error }, "the integration's breaker or pause could not be stored")
    }
  }

  async function tell(news: News, at: number): Promise<void> {
    if (news.type === 'paused') {
      log.error({ reason: news.reason }, 'integration paused until it is resumed or its settings change')
      return await store.savePause(name, fingerprint, news.reason, at)
    }
    if (news.type === 'recovered') log.info({}, 'integration recovered')
    else {
      const { reason, until } = news.breaker
      log.warn({ reason, probe_at: new Date(until).toISOString() }, 'integration held')
    }
    await saveBreaker(news.breaker, at)
  }

  /** While one is on its way, what others have stored may be older or newer. */
  async function saveBreaker(breaker: Breaker, at: number): Promise<void> {
    saving += 1
    try {
      version = Math.max(version, await store.saveBreaker(name, fingerprint, breaker, at))
    } finally {
      saving -= 1
    }
  }

  function noticeBreakerOf({ breaker, breakerVersion = 0, fingerprint: whose }: IntegrationState): void {
    if (saving > 0 || breaker === null || breakerVersion <= version || whose !== fingerprint) return
    version = breakerVersion
    const noticed = noticeBreaker(standing, breaker)
    standing = noticed.standing
    if (noticed.news === 'recovered') log.info({}, 'integration recovered, as another instance has found')
    else if (noticed.news === 'held' && breaker.state === 'open') {
      const { reason, until } = breaker
      log.warn({ reason, probe_at: new Date(until).toISOString() }, 'integration held, as another instance has found')
    }
    runner.wake()
  }

  const bringBack = (backMs: number): Promise<void> =>
    store.bringBackDueDates({
      integration: name,
      backMs,
      now: now(),
      longestWaitMs: longestWaitMs(pace),
    })
  // The process before may have had another clock.
  const unnoticedMs = setBackMs(before?.fingerprint === fingerprint ? before.breaker : null, now())
  let isChecked = false

  const runner = startRunner({
    allowance: (running) => maySend(standing, pace, running, now()),
    ahead,
    mostSettling: 2 * mostAhead,
    async take(limit, running) {
      if (!isChecked) await bringBack(unnoticedMs)
      isChecked = true
      return await take(limit, running)
    },
    work,
    giveBack,
    nextDue: () => store.nextDue(name, now()),
    now,
    steady: parts.steady,
    longestSleepMs: parts.lookMs,
    pause: parts.pause,
    onError(error) {
      metrics.storeErrors.inc()
      log.error({ err: error }, 'the store failed; delivering continues in a moment')
    },
  })

  return {
    integration,
    wake: runner.wake,
    stop: runner.stop,
    extendLeases: leases.extend,
    lastTurn: runner.lastTurn,
    standing: () => standing,
    async clockSetBack(ms) {
      standing = shifted(standing, -ms)
      await bringBack(ms)
      runner.wake()
    },
    notice(state) {
      const noticed = notice(standing, state, fingerprint, now())
      standing = noticed.standing
      // A resume forgets the breaker.
      if (noticed.news === 'resumed') version = 0
      noticeBreakerOf(state)
      if (noticed.news === 'resumed') {
        log.info({}, 'integration resumed')
        runner.wake()
      } else if (noticed.news === 'paused') {
        log.info({ reason: standing.pausedReason }, 'integration paused')
        runner.wake()
      }
      show()
    },
  }
}

function earlierBy(ms: number, time: Date | null): number | null {
  return time === null ? null : Math.round(time.getTime() - ms)
}
