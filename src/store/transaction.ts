import type { Knex } from 'knex'
import { statement } from './statement.ts'

/**
 * Runs the work in a transaction, which is over when this ends, whatever failed; the error is the one that struck
 * first. The work waits for each of its writes before it begins the next.
 */
export async function inTransaction<T>(writer: Knex, work: (trx: Knex) => Promise<T>): Promise<T> {
  try {
    return writer.client.config.client === 'pg' ? await writer.transaction(work) : await onOneConnection(writer, work)
  } catch (error) {
    throw withoutStatement(error)
  }
}

/**
 * SQLite: the writer has one connection, and the committer is alone on it, so the transaction is spoken directly.
 * IMMEDIATE, since a transaction that reads first and then wants to write is refused at once, without waiting, when
 * another process has written meanwhile (https://www.sqlite.org/rescode.html#busy_snapshot). knex's own transaction
 * cannot say that, and leaves the connection in the transaction after a COMMIT that was refused.
 */
async function onOneConnection<T>(writer: Knex, work: (trx: Knex) => Promise<T>): Promise<T> {
  await statement(writer, 'BEGIN IMMEDIATE')
  try {
    const result = await work(writer)
    await statement(writer, 'COMMIT')
    return result
  } catch (error) {
    // An error here says only that SQLite has rolled back by itself: the disk is full or broken.
    await statement(writer, 'ROLLBACK').catch(() => {})
    throw error
  }
}

/**
 * One round trip for a write and a read that do not need each other. Never two writes: where SQLite rolls back by
 * itself in the middle of the first, the second would be a transaction of its own, and stay.
 */
export async function besideReading<W, R>(write: Promise<W>, read: Promise<R>): Promise<[W, R]> {
  const [written, found] = await Promise.allSettled([write, read])
  if (written.status === 'rejected') throw written.reason
  if (found.status === 'rejected') throw found.reason
  return [written.value, found.value]
}

/**
 * knex puts the whole statement before the driver's words, with every value in it: bodies of megabytes, and nothing
 * that belongs into a log.
 */
function withoutStatement(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const at = error.message.lastIndexOf(' - ')
  if (at !== -1) error.message = error.message.slice(at + 3)
  return error
}
