/** What a target has said about an account, such as how often it refused the login: for every integration that uses it. */
export async function up(knex) {
  await knex.schema.createTable('account_notes', (table) => {
    table.string('name', 200).primary()
    table.text('note').notNullable()
    table.bigInteger('saved_at').notNullable()
  })
}

export async function down(knex) {
  await knex.schema.dropTable('account_notes')
}
