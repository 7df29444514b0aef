/** knex has no types for the files that custom dialects extend (https://knexjs.org/guide/#custom-dialects). */
declare module 'knex/lib/dialects/sqlite3/index.js' {
  import type { Knex } from 'knex'

  const SqliteClient: typeof Knex.Client
  export default SqliteClient
}

declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex'

  const PostgresClient: typeof Knex.Client
  export default PostgresClient
}

declare module 'knex/lib/knex-builder/make-knex.js' {
  import type { Knex } from 'knex'

  export default function makeKnex(client: Knex.Client): Knex
}
