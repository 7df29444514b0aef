import type { Socket } from 'node:net'
import type { Client } from 'pg'
import type { PostgresSettings } from './postgres-connection.ts'

/** After how long what is given up. */
export interface SessionLimits {
  readonly statementMs: number
  readonly lockMs: number
  /**
   * A statement takes milliseconds. A peer that says nothing for so long has gone without a word: without a limit, a commit
   * would wait for it for a quarter of an hour or for ever, and all others behind it.
   */
  readonly silenceMs: number
}

/** What the server gives up after this time has been given up when the peer would be taken for silent. */
const LEEWAY_MS = 5000

/** @param silenceMs for a test that does not wait as long */
export function limitsOf(settings: PostgresSettings, silenceMs?: number): SessionLimits {
  const statementMs = (settings.statement_timeout_seconds ?? 25) * 1000
  const lockMs = (settings.lock_timeout_seconds ?? 20) * 1000
  return silenceMs === undefined
    ? { statementMs, lockMs, silenceMs: statementMs + LEEWAY_MS }
    : { statementMs, lockMs: Math.ceil((2 * silenceMs) / 3), silenceMs }
}

/** What pg keeps to itself. */
export interface PgClient {
  readonly connection: { readonly stream: Socket }
  /** The number of the server's process, as the peer has told it. */
  readonly processID: number
}

/** What belongs to a connection. */
export interface Session {
  /**
   * Statements behind `begin`. A pooler may give each transaction another session of the server, which others use too: so
   * what a session is told there holds for one transaction. Otherwise the session has been told once.
   */
  relayLimits?: string
}

/**
 * A statement's plan is kept, and the first ones are made while the tables are empty: then a scan of a whole table looks
 * cheapest, and it would stay until the server's statistics change. All that a relay does often has an index.
 */
const BY_INDEX = ['jit', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'].map((name) => `${name} = off`)

/** The server gives up a relay that stands still within a transaction, since others wait for what it has locked. */
const STANDSTILL_MS = 60_000

/** @param limits null: a statement may take as long as it likes, and a transaction stand still */
export async function beginSession(
  connection: Client & PgClient & Session,
  limits: SessionLimits | null,
): Promise<void> {
  if (limits !== null) giveUpSilence(connection.connection.stream, limits.silenceMs)
  const { rows } = await connection.query<{ pid: number; has_lax_commits: boolean }>(
    `select pg_backend_pid() as pid, current_setting('synchronous_commit') = 'off' as has_lax_commits`,
  )
  const [told] = rows
  const { statementMs, lockMs } = limits ?? { statementMs: 0, lockMs: 0 }
  const wanted = [
    ...(limits === null ? [] : BY_INDEX),
    `statement_timeout = ${statementMs}`,
    `lock_timeout = ${lockMs}`,
    `idle_in_transaction_session_timeout = ${limits === null ? 0 : STANDSTILL_MS}`,
    // What is acknowledged is on the disk, whatever the server does for others.
    ...(told?.has_lax_commits === true ? ['synchronous_commit = on'] : []),
  ]
  if (told?.pid === connection.processID) await connection.query(wanted.map((each) => `set ${each}`).join('; '))
  else if (limits !== null) connection.relayLimits = wanted.map((each) => `; set local ${each}`).join('')
}

function giveUpSilence(stream: Socket, silenceMs: number): void {
  stream.setTimeout(silenceMs, () => {
    stream.destroy(new Error(`Connection terminated: no answer within ${silenceMs / 1000} s`))
  })
}
