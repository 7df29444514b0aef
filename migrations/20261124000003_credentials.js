/** What targets hand out and a restart must not lose: tokens, encrypted. */
export async function up(knex) {
  await knex.schema.createTable('credentials', (table) => {
    table.string('name', 200).primary()
    table.text('sealed').notNullable()
    table.bigInteger('saved_at').notNullable()
  })
}

export async function down(knex) {
  await knex.schema.dropTable('credentials')
}
