/** How far a project's tool has been asked for what its hook missed, and what came of asking. */
export async function up(knex) {
  await knex.schema.createTable('catch_ups', (table) => {
    table.string('project_id', 64).primary()
    // All that the tool says happened before then has been asked for.
    table.bigInteger('up_to').notNullable()
    table.bigInteger('asked_at')
    table.bigInteger('succeeded_at')
    // Since when asking has failed, and why the last time; null: it does not.
    table.bigInteger('failing_since')
    table.text('problem')
  })
}

export async function down(knex) {
  await knex.schema.dropTable('catch_ups')
}
