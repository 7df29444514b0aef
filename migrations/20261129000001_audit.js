/** What people have done to the relay: who, when, what, to which, and what came of it. */
export async function up(knex) {
  await knex.schema.createTable('audit', (table) => {
    table.bigIncrements('id')
    table.bigInteger('at').notNullable()
    // The name of a token, or "command line".
    table.string('who', 200).notNullable()
    table.string('action', 40).notNullable()
    table.text('subject').notNullable()
    // JSON
    table.text('detail')
    table.text('result').notNullable()
    table.index(['at'], 'audit_at')
  })
}

export async function down(knex) {
  await knex.schema.dropTable('audit')
}
