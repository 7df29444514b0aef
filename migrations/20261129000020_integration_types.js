/** Of which type each integration is or was: what waits for a removed one can go on at another of the same type. */
export async function up(knex) {
  await knex.schema.createTable('integration_types', (table) => {
    table.string('integration', 64).primary()
    table.string('type', 64).notNullable()
    table.bigInteger('seen_at').notNullable()
  })
}

export async function down(knex) {
  await knex.schema.dropTable('integration_types')
}
