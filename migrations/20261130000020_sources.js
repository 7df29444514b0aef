/**
 * Activities of other tools than Tracker: what reads them needs the settings of their time, the head of the request and
 * perhaps the tool itself. So they are kept as they were read, as JSON, beside the body. Both are null for Tracker.
 */
export async function up(knex) {
  await knex.schema.alterTable('activities', (table) => {
    table.string('source', 32)
    table.text('normalised')
  })
}

export async function down(knex) {
  await knex.schema.alterTable('activities', (table) => {
    table.dropColumn('source')
    table.dropColumn('normalised')
  })
}
