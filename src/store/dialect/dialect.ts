import type { Knex } from 'knex'

/** A database that is open. SQLite and PostgreSQL each give one; nothing outside this folder asks which it is. */
export interface Dialect {
  /** Migrations go through it; a write of the relay goes through `transaction`. */
  readonly writer: Knex
  /** For reading alone: it never waits for a commit. */
  readonly reader: Knex
  /**
   * Runs the work in a transaction, which has ended when this returns or throws; the error is the one that came first.
   * The work waits for each of its writes before it begins the next. Never called while another one runs.
   */
  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T>
  /** @throws {StoreError} when what is written would be lost, although the database would not notice */
  examine(): void
}

/** A transaction. What the two databases do differently are its verbs; everything else is built with knex. */
export interface Trx {
  readonly knex: Knex
  /** Inserts any number of rows and returns what the tail's `returning` asks for. */
  insert<R>(into: Insertion, rows: readonly Row[]): Promise<R[]>
  /** Those of the lanes that hold an open delivery; looks at one row of each, however many wait there. */
  occupied(lanes: readonly Lane[]): Promise<Lane[]>
  /** Holds these locks until the transaction ends, if others can write meanwhile. */
  lock(keys: readonly string[]): Promise<void>
  /** For `modify`: locks the rows that the query finds until the transaction ends, if others can write meanwhile. */
  forUpdate(query: Knex.QueryBuilder): void
  /** For `modify`: the same, but leaves out the rows that somebody else has locked. */
  forUpdateSkipLocked(query: Knex.QueryBuilder): void
}

/** Deliveries of one lane (of an integration, usually a story) are carried out one after the other. */
export interface Lane {
  readonly integration: string
  readonly lane: string
}

/** Where rows go: a constant, so that the statement is made once and kept. */
export interface Insertion {
  readonly table: string
  /** In the order of each row's values. */
  readonly columns: readonly string[]
  /** The columns that hold bytes. */
  readonly binary?: readonly string[]
  /** What follows the rows: `on conflict ...`, `returning ...` */
  readonly tail?: string
}

export type Value = string | number | Buffer | null
export type Row = readonly Value[]
