import { IMPORT_OUTCOMES, STALE_REASONS } from '../imports/feed.ts'
import type { MetricWords } from '../observability/metrics.ts'
import { REFUSAL_REASONS } from '../queue/journal.ts'
import { IGNORED } from '../sources/contract/source.ts'
import { BREAKER_STATES } from '../store/breaker.ts'
import { DELIVERY_STATES, OUTCOME_WORDS } from '../store/delivery.ts'
import { STORE_FILES } from '../store/file-sizes.ts'
import { SWEPT_TABLES } from '../store/retention.ts'
import { STORE_REASONS } from '../store/store-error.ts'

export const METRIC_WORDS: MetricWords = {
  deliveryStates: DELIVERY_STATES,
  outcomes: OUTCOME_WORDS,
  breakerStates: BREAKER_STATES,
  storeReasons: STORE_REASONS,
  rejections: REFUSAL_REASONS,
  ignored: IGNORED,
  importOutcomes: IMPORT_OUTCOMES,
  staleReasons: STALE_REASONS,
  sweptTables: SWEPT_TABLES,
  storeFiles: STORE_FILES,
}
