import type { Knex } from 'knex'

/** Lends a connection of knex's pool, for statements that bypass knex, which takes longer than they do. */
export async function withConnection<C, T>(knex: Knex, work: (connection: C) => Promise<T>): Promise<T> {
  const connection: C = await knex.client.acquireConnection()
  try {
    return await work(connection)
  } finally {
    await knex.client.releaseConnection(connection)
  }
}
