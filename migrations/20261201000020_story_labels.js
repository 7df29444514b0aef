/** The labels that each story was last told to have, as JSON, and when that happened: filters ask for them. */
export async function up(knex) {
  await knex.schema.alterTable('stories', (table) => {
    table.text('labels')
    table.bigInteger('labelled_at')
  })
}

export async function down(knex) {
  await knex.schema.alterTable('stories', (table) => {
    table.dropColumn('labels')
    table.dropColumn('labelled_at')
  })
}
