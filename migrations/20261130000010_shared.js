/** What instances share: what `max_per_minute` leaves, and who does what only one of them does at a time. */
export async function up(knex) {
  await knex.schema.createTable('rates', (table) => {
    table.string('integration', 64).primary()
    // How many may be sent, and when that was so.
    table.double('tokens').notNullable()
    table.bigInteger('at').notNullable()
  })
  await knex.schema.createTable('duties', (table) => {
    table.string('name', 200).primary()
    table.string('holder', 32).notNullable()
    // Then another one may take it.
    table.bigInteger('until').notNullable()
  })
}

export async function down(knex) {
  await knex.schema.dropTable('duties')
  await knex.schema.dropTable('rates')
}
