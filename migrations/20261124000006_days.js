/** What each integration has sent on each day, where its settings cap that: kept, so that a restart gives nothing away. */
export async function up(knex) {
  await knex.schema.createTable('days', (table) => {
    table.string('integration', 64).notNullable()
    // In UTC, as 2026-11-24.
    table.string('day', 10).notNullable()
    table.integer('count').notNullable()
    table.primary(['integration', 'day'])
  })
}

export async function down(knex) {
  await knex.schema.dropTable('days')
}
