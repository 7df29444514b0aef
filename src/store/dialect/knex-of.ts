import type { Knex } from 'knex'
import makeKnex from 'knex/lib/knex-builder/make-knex.js'

/** What `knex({ client, ...config })` makes, without loading the clients of all databases that knex knows. */
export function knexOf(Client: typeof Knex.Client, config: Knex.Config): Knex {
  return makeKnex(new Client({ client: Client, ...config }))
}
