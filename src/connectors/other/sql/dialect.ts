import type { Knex } from 'knex'
import type { Database } from '../settings.ts'
import type { Cursor } from './cursor.ts'

/** What differs from one kind of database to the next. `C` is the driver's connection. */
export interface Dialect<C> {
  /**
   * How knex opens a connection for reading.
   * @throws {DeliveryError} when the driver is not installed
   */
  config(database: Database, connectMs: number): Knex.Config
  /** Begins the query, in a way in which nothing can be changed. */
  open(connection: C, query: string, timeoutMs: number): Promise<Cursor>
  /** Cuts a connection to a server that no longer answers; null for a file, which has its own clock. */
  readonly cut: ((connection: C) => void) | null
}

/** Without a version, knex asks the server for it and waits for ever; only what knex builds itself depends on it. */
export const UNASKED_VERSION = '8.0'
