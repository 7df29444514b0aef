/**
 * Whether the store was moved from a file of SQLite to PostgreSQL, or is being moved: so that no relay starts on the file
 * afterwards, nor on a copy that is not finished.
 */
export async function up(knex) {
  await knex.schema.createTable('store_moves', (table) => {
    // 'from' in the file, 'to' in the copy.
    table.string('side', 8).primary()
    // The same on both sides.
    table.string('id', 36).notNullable()
    // Where the other one is, without a password.
    table.text('place').notNullable()
    table.bigInteger('begun_at').notNullable()
    table.bigInteger('ended_at')
    // In the copy, as JSON: how far each table is.
    table.text('progress')
  })
}

export async function down(knex) {
  await knex.schema.dropTable('store_moves')
}
