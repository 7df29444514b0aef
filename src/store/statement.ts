import type { Knex } from 'knex'
import type { SqliteConnection } from './prepared.ts'

/** The one connection of each writer on SQLite, by knex's client. The committer is alone on it. */
const connections = new WeakMap<Knex.Client, SqliteConnection>()

export function speakThrough(client: Knex.Client, connection: SqliteConnection): void {
  connections.set(client, connection)
}

/**
 * Carries out one of the writer's hot statements and returns its rows. On SQLite it goes straight to the connection:
 * the way through knex takes longer than the statement. Placeholders are `?` on both databases.
 */
export async function statement<R>(trx: Knex, sql: string, bindings: readonly Knex.RawBinding[] = []): Promise<R[]> {
  const connection = connections.get(trx.client)
  if (connection === undefined) {
    const answer: unknown = await trx.raw(sql, bindings)
    return Array.isArray(answer) ? (answer as R[]) : (answer as { rows: R[] }).rows
  }
  return await new Promise((resolve, reject) => {
    connection.all(sql, bindings, (error, rows) => {
      if (error === null) resolve(rows as R[])
      else reject(error)
    })
  })
}
