import type { Knex } from 'knex'
import type { Cursor } from './cursor.ts'
import type { Database } from './query.ts'

/** What differs between databases. `C` is the driver's connection. */
export interface Dialect<C> {
  /** @throws {DeliveryError} if the driver is not installed */
  config(database: Database, connectMs: number): Knex.Config
  /** Begins the query so that it cannot change anything. */
  open(connection: C, query: string, timeoutMs: number): Promise<Cursor>
  /** Cuts a connection to a server that no longer answers; null for a file, which has its own timeout. */
  readonly cut: ((connection: C) => void) | null
}

/** Without a version, knex asks the server for it and waits for ever. Only knex's own queries depend on it. */
export const UNASKED_VERSION = '8.0'
