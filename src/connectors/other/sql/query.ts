import type { Database as Settings } from '../settings.ts'
import type { TimeFormat } from '../times.ts'

export type Database = Settings & { readonly timeout_seconds: number }

export interface Query {
  readonly sql: string
  readonly database: Database
  readonly times: TimeFormat
}
