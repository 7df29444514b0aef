/** knex has no types for the client that custom dialects extend (https://knexjs.org/guide/#custom-dialects). */
declare module 'knex/lib/dialects/sqlite3/index.js' {
  import type { Knex } from 'knex'

  const SqliteClient: typeof Knex.Client
  export default SqliteClient
}
