import type { Knex } from 'knex'

/**
 * Runs the work in a transaction, which is over when this ends, whatever failed; the error is the one that struck
 * first. knex alone promises neither on SQLite: after a COMMIT that was refused the transaction stays open, and every
 * later BEGIN on the connection fails; and where SQLite has rolled back by itself (the disk is full or broken) the
 * complaint of knex's own ROLLBACK, that there is nothing to roll back, takes the place of the error.
 */
export async function inTransaction<T>(writer: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  const struck: unknown[] = []
  try {
    return await writer.transaction(async (trx) => {
      // knex calls this also when BEGIN has failed; the work would only add an error of its own.
      if (trx.isCompleted()) throw new Error('the transaction did not begin')
      try {
        if (isSqlite(trx)) await lockForWriting(trx)
        return await work(trx)
      } catch (error) {
        struck.push(error)
        throw error
      }
    })
  } catch (error) {
    // The writer has one connection there, so this reaches the right one; an error says only that all is over already.
    if (isSqlite(writer)) await writer.raw('ROLLBACK').catch(() => {})
    throw withoutStatement(struck.length > 0 ? struck[0] : error)
  }
}

const isSqlite = (writer: Knex): boolean => writer.client.config.client === 'sqlite3'

/**
 * A transaction that reads first and then wants to write is refused at once, without waiting, when another process has
 * written meanwhile; one whose first statement writes waits for its turn (https://www.sqlite.org/rescode.html#busy_snapshot).
 */
async function lockForWriting(trx: Knex.Transaction): Promise<void> {
  await trx('rejected').where({ id: -1 }).delete()
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
