import type { Knex } from 'knex'
import type { TakenRow } from '../delivery-row.ts'
import type { FileSizes } from '../file-sizes.ts'
import type { Wire } from './wire.ts'

/** What SQLite and PostgreSQL each implement; nothing outside this folder asks which one it is. */
export interface Dialect {
  /** For migrations; the relay's writes go through `transaction`. */
  readonly writer: Knex
  /** Never waits for a commit. */
  readonly reader: Knex
  /**
   * The transaction has ended when this returns or throws the first error. The work waits for each of its writes before
   * it begins the next. Never called while another one runs.
   * @throws {StoreError} as `examine` does, before it begins and after its end
   */
  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T>
  /** @throws {StoreError} if writes would be lost without an error, or it cannot keep a store at all */
  examine(): Promise<void>
  readonly examination: Examination
  /** Null if a server keeps them. */
  fileSizes(): Promise<FileSizes | null>
  /**
   * Does the work while no other relay does, if the database has a lock that ends with its holder.
   * @param work is handed what it writes with, however long that takes
   */
  migrating<T>(work: (writer: Knex) => Promise<T>): Promise<T>
  /** What an operator should know about the database: what it is, and what is wrong or doubtful with it. */
  findings(): Promise<readonly DatabaseFinding[]>
  /**
   * Selects a stored time that instances compare, as a clock that says `now` at this moment tells it.
   * @param sql an expression of such times
   */
  toldBy(now: number, sql: string, as: string): Knex.Raw
  /** Never waits for a commit. */
  read<R>(statement: Statement, rows: readonly Row[]): Promise<R[]>
  /**
   * Which transactions have ended: all with a number below `ended`; of those that write now, none has a number of `begun`
   * or more.
   */
  horizon(): Promise<{ readonly ended: number; readonly begun: number }>
  /** To be closed before the connections are. */
  readonly wire: Wire
  /** After all connections are closed. */
  close(): void
}

/** Whether everything in the database fits together. What does not is told in the database's words. */
export interface Examination {
  /**
   * If to read everything takes long: looks where damage is found at once, and begins to read everything beside the relay.
   * Null if `whole` is to come before anything else.
   */
  first(): Promise<readonly string[] | null>
  /** Reads everything, or waits until all is read that `first` has begun. @throws {StoreError} `stopping` after `end` */
  whole(): Promise<readonly string[]>
  /** After damage was found beside the relay, the log stays as long as this comes after all connections are closed. */
  end(): Promise<void>
}

export interface DatabaseFinding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly message: string
}

/** A transaction. Its verbs are what the two databases do differently; the rest is built with knex. */
export interface Trx {
  readonly knex: Tables
  /** Which of the rows that instances keep beside each other, so that none waits for another, this one writes. */
  readonly slot: number
  /**
   * Comes first, and once: holds all of this until the transaction ends, if others can write meanwhile. Since everybody
   * takes the same order, and nothing later that others may hold without having it from here, none waits for one that
   * waits for it.
   */
  hold(held: Held): Promise<void>
  /**
   * How a time that instances compare, such as a due date, is stored: on a server by the server's clock, so that clocks
   * that differ take nothing early and leave nothing lying.
   * @param now what the clock says that tells `at`
   */
  stored(at: number, now: number): number
  /** Whose clock that is. */
  readonly clock: 'server' | 'caller'
  /**
   * Inserts any number of rows and returns what the tail's `returning` asks for. Without that, it may return before the
   * rows are inserted: whatever follows in the transaction finds them, and a failure fails the transaction.
   */
  insert<R>(into: Insertion, rows: readonly Row[]): Promise<R[]>
  /** Carries out one statement about any number of rows. The same holds for one that returns nothing. */
  apply<R>(statement: Statement, rows: readonly Row[], values?: readonly Value[]): Promise<R[]>
  /** Gives out the deliveries that are found, without those that others have locked. */
  take(found: Finding, lease: LeaseStart): Promise<TakenRow[]>
  /** The lanes that hold an open delivery; looks at one row of each, however many wait there. */
  occupied(lanes: readonly Lane[]): Promise<Lane[]>
  /** Waits until nobody writes the table, and keeps others from it. Holds nothing else meanwhile. */
  lockTable(table: string): Promise<void>
  /** For `modify`: locks the found rows until the transaction ends, if others can write meanwhile. */
  forUpdate(query: Knex.QueryBuilder): void
  /** For `modify`: the same, without the rows that others have locked. */
  forUpdateSkipLocked(query: Knex.QueryBuilder): void
}

/** knex's builder, as far as a transaction uses it. */
export interface Tables {
  // biome-ignore lint/suspicious/noExplicitAny: as knex has it
  (table: string): Knex.QueryBuilder<any, any>
  raw(sql: string, bindings?: readonly Knex.RawBinding[]): Knex.Raw
}

/** What a transaction relies on that nobody else changes. */
export interface Held {
  /** Names of things that are written, such as lanes and stories: of which kind stands in the name. */
  readonly names: readonly string[]
  /** Ids of deliveries. */
  readonly deliveries: readonly number[]
  /** Nobody else writes what has a name. */
  readonly alone: boolean
}

/** Deliveries of one lane (of an integration, usually a story) are carried out one after the other. */
export interface Lane {
  readonly integration: string
  readonly lane: string
}

/** Always a constant, so that the statement is made once and kept. */
export interface Insertion {
  readonly table: string
  readonly columns: readonly string[]
  readonly binary?: readonly string[]
  /** Columns of long texts. */
  readonly long?: readonly string[]
  /** `on conflict ...`, `returning ...` */
  readonly tail?: string
}

/** Always a constant, so that the statement is made once and kept. */
export interface Statement {
  /** The rows that are handed in, which the statement finds in `given`: columns of a table, and of the same types. */
  readonly given: { readonly table: string; readonly columns: readonly string[] }
  /** Further values are $2, $3 and so on, first used in this order. */
  sql(words: Words): string
}

/** What the two databases call differently in a statement. */
export interface Words {
  /** A condition: a column's value is one that the query finds. The query is carried out first, and once. */
  among(column: string, query: string): string
  /** For an update of deliveries by `id` from `given`: that no other is looked at. */
  readonly onlyGiven: string
  /** The last words of a query of deliveries: locks them, in one order for all, if others can write meanwhile. */
  readonly locked: string
  /** The column that is a row's place in its table. */
  readonly place: string
}

/** Deliveries to take: what selects their `id`, `state` and `due_at`. */
export interface Finding {
  /** Values are $1, $2 and so on, once each; if rows are given, they are $1. Always a constant. */
  readonly statement: { readonly given?: Statement['given']; readonly sql: string; readonly values: number }
  readonly rows?: readonly Row[]
  readonly values: readonly Value[]
}

export interface LeaseStart {
  readonly token: string
  /** When it began, by the caller's clock. */
  readonly startedAt: number
  /** When it ends, as it is stored. */
  readonly until: number
}

export type Value = string | number | Buffer | null
export type Row = readonly Value[]
