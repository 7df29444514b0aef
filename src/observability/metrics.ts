import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/**
 * Everything that /metrics shows. Names follow the Prometheus naming rules (base units, `_total`, one quantity each);
 * labels are only ever words of the config and of this code, never ids, addresses or texts.
 */
export type Metrics = ReturnType<typeof createMetrics>

/** The words that labels may hold, said by who decides on them; each series exists from the start. */
export interface MetricWords {
  readonly deliveryStates: readonly string[]
  readonly outcomes: readonly string[]
  readonly breakerStates: readonly string[]
  readonly storeReasons: readonly string[]
  readonly rejections: readonly string[]
  readonly importOutcomes: readonly string[]
  readonly staleReasons: readonly string[]
  readonly sweptTables: readonly string[]
}

/** What a target says of a limit that it counts for us. Null: the target does not tell. */
export interface TargetLimit {
  readonly limit: number | null
  readonly remaining: number | null
  readonly resetAt: Date | null
}

export function createMetrics(build: { readonly version: string; readonly words: MetricWords }) {
  const { words } = build
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const quick = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  const slow = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43_200, 259_200]

  const metrics = {
    registry,
    words,
    /** The integrations whose series exist. */
    announced: new Set<string>(),
    announcedImports: new Set<string>(),
    targetLimit: new Gauge({
      name: 'relay_target_limit_requests',
      help: 'How many requests a target allows in a window, as it says itself.',
      labelNames: ['integration', 'window'],
      registers,
    }),
    targetLimitRemaining: new Gauge({
      name: 'relay_target_limit_remaining_requests',
      help: 'How many of them were left when the target last said so.',
      labelNames: ['integration', 'window'],
      registers,
    }),
    targetLimitReset: new Gauge({
      name: 'relay_target_limit_reset_timestamp_seconds',
      help: 'When the window ends.',
      labelNames: ['integration', 'window'],
      registers,
    }),
    httpRequests: new Counter({
      name: 'relay_http_requests_total',
      help: 'Requests answered, by route pattern, method and status code.',
      labelNames: ['route', 'method', 'code'],
      registers,
    }),
    httpDuration: new Histogram({
      name: 'relay_http_request_duration_seconds',
      help: 'Time from the head of a request to the end of its answer.',
      labelNames: ['route'],
      buckets: quick,
      registers,
    }),
    activitiesReceived: new Counter({
      name: 'relay_activities_received_total',
      help: 'Activities stored for the first time, by project and format.',
      labelNames: ['project', 'format'],
      registers,
    }),
    activitiesDuplicate: new Counter({
      name: 'relay_activities_duplicate_total',
      help: 'Activities that were stored before.',
      labelNames: ['project'],
      registers,
    }),
    activitiesRejected: new Counter({
      name: 'relay_activities_rejected_total',
      help: 'Bodies that are no activity the relay can read, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    activitiesUnknownKind: new Counter({
      name: 'relay_activities_unknown_kind_total',
      help: 'Activities of a kind that the relay does not know; they are stored all the same.',
      registers,
    }),
    activitiesUnstored: new Counter({
      name: 'relay_activities_unstored_total',
      help: 'Activities answered 503 because the store could not take them.',
      labelNames: ['reason'],
      registers,
    }),
    deliveries: new Gauge({
      name: 'relay_deliveries',
      help: 'Deliveries in the store, by integration and state.',
      labelNames: ['integration', 'state'],
      registers,
    }),
    oldestPending: new Gauge({
      name: 'relay_delivery_oldest_pending_timestamp_seconds',
      help: 'When the oldest delivery that is not settled came in; 0 when there is none.',
      labelNames: ['integration'],
      registers,
    }),
    attempts: new Counter({
      name: 'relay_delivery_attempts_total',
      help: 'Attempts, by outcome.',
      labelNames: ['integration', 'outcome'],
      registers,
    }),
    attemptDuration: new Histogram({
      name: 'relay_delivery_attempt_duration_seconds',
      help: 'How long attempts took.',
      labelNames: ['integration'],
      buckets: [...quick, 15, 30, 60, 120, 300],
      registers,
    }),
    queueWait: new Histogram({
      name: 'relay_delivery_queue_wait_seconds',
      help: 'From the moment an activity was stored to the first attempt of its delivery.',
      labelNames: ['integration'],
      buckets: slow,
      registers,
    }),
    endToEnd: new Histogram({
      name: 'relay_delivery_end_to_end_seconds',
      help: 'From the moment an activity was stored to its delivery.',
      labelNames: ['integration'],
      buckets: slow,
      registers,
    }),
    leasesLost: new Counter({
      name: 'relay_delivery_leases_lost_total',
      help: 'Outcomes that were not written down because somebody else had taken the delivery meanwhile.',
      labelNames: ['integration'],
      registers,
    }),
    breaker: new Gauge({
      name: 'relay_breaker_state',
      help: "The state of each integration's breaker: 1 for the state it is in.",
      labelNames: ['integration', 'state'],
      registers,
    }),
    paused: new Gauge({
      name: 'relay_integration_paused',
      help: '1 while an integration is paused until a person resumes it.',
      labelNames: ['integration'],
      registers,
    }),
    commitDuration: new Histogram({
      name: 'relay_store_commit_duration_seconds',
      help: 'How long a durable commit took.',
      buckets: quick,
      registers,
    }),
    commitItems: new Histogram({
      name: 'relay_store_commit_writes',
      help: 'How many writes shared a commit.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      registers,
    }),
    storeErrors: new Counter({
      name: 'relay_store_errors_total',
      help: 'Failures of the store that a worker met.',
      registers,
    }),
    retentionDeleted: new Counter({
      name: 'relay_retention_deleted_total',
      help: 'Rows deleted because of their age, by table.',
      labelNames: ['table'],
      registers,
    }),
    importFetches: new Counter({
      name: 'relay_import_fetches_total',
      help: "Readings of a source's tickets for the import feed, by outcome.",
      labelNames: ['integration', 'outcome'],
      registers,
    }),
    importFetchDuration: new Histogram({
      name: 'relay_import_fetch_duration_seconds',
      help: "How long readings of a source's tickets took, whatever their outcome.",
      labelNames: ['integration'],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 120, 300, 900],
      registers,
    }),
    importStories: new Counter({
      name: 'relay_import_stories_served_total',
      help: 'Tickets shown in the import feed.',
      labelNames: ['integration'],
      registers,
    }),
    importStale: new Counter({
      name: 'relay_import_stale_answers_total',
      help: 'Import feeds that showed an older list because the source was slow or failed.',
      labelNames: ['integration', 'reason'],
      registers,
    }),
    importReadAt: new Gauge({
      name: 'relay_import_read_timestamp_seconds',
      help: 'When the list that the import feed has in store was read; 0 when there is none.',
      labelNames: ['integration'],
      registers,
    }),
    configReloadSuccess: new Gauge({
      name: 'relay_config_last_reload_successful',
      help: '1 when the last load of the config succeeded, 0 when it was refused and the one before stays in force.',
      registers,
    }),
    configReloadTime: new Gauge({
      name: 'relay_config_last_reload_success_timestamp_seconds',
      help: 'When the config in force was loaded.',
      registers,
    }),
    build: new Gauge({
      name: 'relay_build_info',
      help: 'The version that runs; always 1.',
      labelNames: ['version', 'node'],
      registers,
    }),
  }

  metrics.build.set({ version: build.version, node: process.version }, 1)
  for (const reason of words.rejections) metrics.activitiesRejected.inc({ reason }, 0)
  for (const reason of words.storeReasons) metrics.activitiesUnstored.inc({ reason }, 0)
  for (const table of words.sweptTables) metrics.retentionDeleted.inc({ table }, 0)
  return metrics
}

/**
 * Series that are known from the config start at 0, so that a rate over the first event is right. Those that exist
 * already keep their values.
 */
export function announceSeries(metrics: Metrics, projects: readonly string[], integrations: readonly string[]): void {
  for (const project of projects) {
    for (const format of ['xml', 'json']) metrics.activitiesReceived.inc({ project, format }, 0)
    metrics.activitiesDuplicate.inc({ project }, 0)
  }
  for (const integration of integrations) {
    for (const outcome of metrics.words.outcomes) metrics.attempts.inc({ integration, outcome }, 0)
    for (const state of metrics.words.deliveryStates) metrics.deliveries.inc({ integration, state }, 0)
    metrics.leasesLost.inc({ integration }, 0)
    if (metrics.announced.has(integration)) continue
    metrics.announced.add(integration)
    metrics.attemptDuration.zero({ integration })
    metrics.queueWait.zero({ integration })
    metrics.endToEnd.zero({ integration })
  }
}

/** The same for the integrations whose tickets can be imported. */
export function announceImports(metrics: Metrics, integrations: readonly string[]): void {
  for (const integration of integrations) {
    for (const outcome of metrics.words.importOutcomes) metrics.importFetches.inc({ integration, outcome }, 0)
    for (const reason of metrics.words.staleReasons) metrics.importStale.inc({ integration, reason }, 0)
    metrics.importStories.inc({ integration }, 0)
    metrics.importReadAt.inc({ integration }, 0)
    if (metrics.announcedImports.has(integration)) continue
    metrics.announcedImports.add(integration)
    metrics.importFetchDuration.zero({ integration })
  }
}

/** What a target says of a limit that it counts for us; what it does not tell keeps the value before. */
export function showLimit(metrics: Metrics, integration: string, window: string, state: TargetLimit): void {
  const labels = { integration, window }
  if (state.limit !== null) metrics.targetLimit.set(labels, state.limit)
  if (state.remaining !== null) metrics.targetLimitRemaining.set(labels, state.remaining)
  if (state.resetAt !== null) metrics.targetLimitReset.set(labels, state.resetAt.getTime() / 1000)
}

/** What stands still once an integration is gone from the config; what was counted stays, and so do its deliveries. */
export function forgetStanding(metrics: Metrics, integration: string): void {
  for (const state of metrics.words.breakerStates) metrics.breaker.remove({ integration, state })
  metrics.paused.remove({ integration })
  metrics.oldestPending.remove({ integration })
}

/** A route whose answers are known beforehand: their series start at 0. */
export function announceRoute(metrics: Metrics, route: string, method: string, codes: readonly number[]): void {
  for (const code of codes) metrics.httpRequests.inc({ route, method, code: String(code) }, 0)
  metrics.httpDuration.zero({ route })
}

export function showBreaker(
  metrics: Metrics,
  integration: string,
  state: (typeof metrics.words.breakerStates)[number],
): void {
  for (const each of metrics.words.breakerStates)
    metrics.breaker.set({ integration, state: each }, each === state ? 1 : 0)
}
