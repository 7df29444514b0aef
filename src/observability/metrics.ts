import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/**
 * Everything that /metrics shows. Names follow the Prometheus naming rules (base units, `_total`, one quantity each).
 * Label values are words of the config and of this code, never ids, addresses or texts.
 */
export type Metrics = ReturnType<typeof createMetrics>

/** The possible values of labels, so that each series exists from the start. */
export interface MetricWords {
  readonly deliveryStates: readonly string[]
  readonly outcomes: readonly string[]
  readonly breakerStates: readonly string[]
  readonly storeReasons: readonly string[]
  readonly rejections: readonly string[]
  readonly ignored: readonly string[]
  readonly importOutcomes: readonly string[]
  readonly staleReasons: readonly string[]
  readonly sweptTables: readonly string[]
  readonly storeFiles: readonly string[]
}

/** Null: the target does not say. */
interface TargetLimit {
  readonly limit: number | null
  readonly remaining: number | null
  readonly resetAt: Date | null
}

/**
 * Gauges with the name of a counter, of which `promtool check metrics` complains. Their values are the sums of
 * `nodejs_active_handles` and its like, which stay.
 */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

export function createMetrics(build: { readonly version: string; readonly words: MetricWords }) {
  const { words } = build
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const registers = [registry]
  const quick = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  const slow = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43_200, 259_200]

  const integration: 'integration'[] = ['integration']
  const window: ('integration' | 'window')[] = ['integration', 'window']
  const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name, help, labelNames, registers })
  const histogram = <L extends string = never>(name: string, help: string, buckets: number[], labelNames: L[] = []) =>
    new Histogram({ name, help, labelNames, buckets, registers })

  const metrics = {
    registry,
    words,
    /** The integrations whose series exist. */
    announced: new Set<string>(),
    announcedImports: new Set<string>(),
    targetLimit: gauge(
      'relay_target_limit_requests',
      'How many requests a target allows in a window, as it says itself.',
      window,
    ),
    targetLimitRemaining: gauge(
      'relay_target_limit_remaining_requests',
      'How many of them were left when the target last said so.',
      window,
    ),
    targetLimitReset: gauge('relay_target_limit_reset_timestamp_seconds', 'When the window ends.', window),
    httpRequests: counter('relay_http_requests_total', 'Requests answered, by route pattern, method and status code.', [
      'route',
      'method',
      'code',
    ]),
    httpDuration: histogram(
      'relay_http_request_duration_seconds',
      'Time from the head of a request to the end of its answer.',
      quick,
      ['route'],
    ),
    activitiesReceived: counter(
      'relay_activities_received_total',
      'Activities stored for the first time, by project and format.',
      ['project', 'format'],
    ),
    activitiesDuplicate: counter('relay_activities_duplicate_total', 'Activities that were stored before.', [
      'project',
    ]),
    activitiesRejected: counter(
      'relay_activities_rejected_total',
      'Bodies that are not an activity the relay can read, by reason.',
      ['reason'],
    ),
    activitiesIgnored: counter(
      'relay_activities_ignored_total',
      'Requests of other tools than Tracker that were answered and not stored, since they tell nothing of a story, by reason.',
      ['reason'],
    ),
    activitiesUnknownKind: counter(
      'relay_activities_unknown_kind_total',
      'Activities of a kind that the relay does not know; they are stored all the same.',
    ),
    activitiesUnstored: counter(
      'relay_activities_unstored_total',
      'Activities answered 503 because the store could not take them.',
      ['reason'],
    ),
    deliveries: gauge('relay_deliveries', 'Deliveries in the store, by integration and state.', [
      'integration',
      'state',
    ]),
    oldestPending: gauge(
      'relay_delivery_oldest_pending_timestamp_seconds',
      'When the oldest delivery that is not settled came in, was replayed, or was due in a digest; 0 when there is none.',
      integration,
    ),
    dayCapReached: gauge(
      'relay_day_cap_reached',
      '1 while nothing more is sent on this day (UTC), because max_per_day is reached.',
      integration,
    ),
    attempts: counter('relay_delivery_attempts_total', 'Attempts, by outcome.', ['integration', 'outcome']),
    attemptDuration: histogram(
      'relay_delivery_attempt_duration_seconds',
      'How long attempts took.',
      [...quick, 15, 30, 60, 120, 300],
      integration,
    ),
    queueWait: histogram(
      'relay_delivery_queue_wait_seconds',
      'From the moment an activity was stored, or its delivery replayed, to the first attempt.',
      slow,
      integration,
    ),
    endToEnd: histogram(
      'relay_delivery_end_to_end_seconds',
      'From the moment an activity was stored, or its delivery replayed, to its delivery.',
      slow,
      integration,
    ),
    leasesLost: counter(
      'relay_delivery_leases_lost_total',
      'Outcomes that were not written down because somebody else had taken the delivery meanwhile.',
      integration,
    ),
    breaker: gauge('relay_breaker_state', "The state of each integration's breaker: 1 for the state it is in.", [
      'integration',
      'state',
    ]),
    paused: gauge(
      'relay_integration_paused',
      '1 while an integration is paused until a person resumes it.',
      integration,
    ),
    commitDuration: histogram('relay_store_commit_duration_seconds', 'How long a durable commit took.', quick),
    commitItems: histogram(
      'relay_store_commit_writes',
      'How many writes shared a commit.',
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    ),
    storeErrors: counter('relay_store_errors_total', 'Failures of the store that a worker met.'),
    storeFile: gauge(
      'relay_store_file_bytes',
      "The size of SQLite's files: the database, and its write-ahead log; 0 with PostgreSQL.",
      ['file'],
    ),
    storeExamined: gauge(
      'relay_store_examined',
      '1 once all of the database was examined for damage; 0 while that is done beside the work.',
    ),
    retentionDeleted: counter('relay_retention_deleted_total', 'Rows deleted because of their age, by table.', [
      'table',
    ]),
    importFetches: counter(
      'relay_import_fetches_total',
      "Readings of a source's tickets for the import feed, by outcome.",
      ['integration', 'outcome'],
    ),
    importFetchDuration: histogram(
      'relay_import_fetch_duration_seconds',
      "How long readings of a source's tickets took, whatever their outcome.",
      [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 120, 300, 900],
      integration,
    ),
    importStories: counter('relay_import_stories_served_total', 'Tickets shown in the import feed.', integration),
    importStale: counter(
      'relay_import_stale_answers_total',
      'Import feeds that showed an older list because the source was slow or failed.',
      ['integration', 'reason'],
    ),
    importReadAt: gauge(
      'relay_import_read_timestamp_seconds',
      'When the list that the import feed has in store was read; 0 when there is none.',
      integration,
    ),
    catchUpRuns: counter(
      'relay_source_catch_up_runs_total',
      "How often a project's tool was asked for what its hook missed, by outcome.",
      ['project', 'outcome'],
    ),
    catchUpActivities: counter(
      'relay_source_catch_up_activities_total',
      "Activities that no hook had told and the tool's API did.",
      ['project'],
    ),
    catchUpCut: counter(
      'relay_source_catch_up_cut_total',
      'How often not all of it was stored: too many (the rest follows), or too old (it does not).',
      ['project', 'reason'],
    ),
    catchUpFailing: gauge(
      'relay_source_catch_up_failing',
      "1 while a project's tool cannot be asked for what its hook missed.",
      ['project'],
    ),
    catchUpSuccess: gauge(
      'relay_source_catch_up_last_success_timestamp_seconds',
      'When it was last asked and all of it stored; 0 if never.',
      ['project'],
    ),
    logLinesDropped: counter(
      'relay_log_lines_dropped_total',
      'Log lines that were dropped because standard output could not be written.',
    ),
    configReloadSuccess: gauge(
      'relay_config_last_reload_successful',
      '1 when the last load of the config succeeded, 0 when it was refused and the one before stays in force.',
    ),
    configReloadTime: gauge(
      'relay_config_last_reload_success_timestamp_seconds',
      'When the config in force was loaded.',
    ),
    build: gauge('relay_build_info', 'The version that runs; always 1.', ['version', 'node']),
  }

  metrics.build.set({ version: build.version, node: process.version }, 1)
  for (const reason of words.rejections) metrics.activitiesRejected.inc({ reason }, 0)
  for (const reason of words.ignored) metrics.activitiesIgnored.inc({ reason }, 0)
  for (const reason of words.storeReasons) metrics.activitiesUnstored.inc({ reason }, 0)
  for (const file of words.storeFiles) metrics.storeFile.set({ file }, 0)
  for (const table of words.sweptTables) metrics.retentionDeleted.inc({ table }, 0)
  return metrics
}

/**
 * Starts the series that the config implies at 0, so that a rate includes the first event. Existing series keep their
 * values.
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
    metrics.dayCapReached.inc({ integration }, 0)
    if (metrics.announced.has(integration)) continue
    metrics.announced.add(integration)
    metrics.attemptDuration.zero({ integration })
    metrics.queueWait.zero({ integration })
    metrics.endToEnd.zero({ integration })
  }
}

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

/** What the target does not say keeps its last value. */
export function showLimit(metrics: Metrics, integration: string, window: string, state: TargetLimit): void {
  const labels = { integration, window }
  if (state.limit !== null) metrics.targetLimit.set(labels, state.limit)
  if (state.remaining !== null) metrics.targetLimitRemaining.set(labels, state.remaining)
  if (state.resetAt !== null) metrics.targetLimitReset.set(labels, state.resetAt.getTime() / 1000)
}

/** For an integration that was removed from the config; its counters and its deliveries stay. */
export function forgetStanding(metrics: Metrics, integration: string): void {
  for (const state of metrics.words.breakerStates) metrics.breaker.remove({ integration, state })
  metrics.paused.remove({ integration })
  metrics.dayCapReached.remove({ integration })
  metrics.oldestPending.remove({ integration })
}

export function announceRoute(metrics: Metrics, route: string, method: string, codes: readonly number[]): void {
  for (const code of codes) metrics.httpRequests.inc({ route, method, code: String(code) }, 0)
  metrics.httpDuration.zero({ route })
}

export function showBreaker(metrics: Metrics, integration: string, state: string): void {
  for (const each of metrics.words.breakerStates)
    metrics.breaker.set({ integration, state: each }, each === state ? 1 : 0)
}
