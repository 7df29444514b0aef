/**
 * The trace that a delivery's activity came in, as W3C writes it in headers: attempts belong to it, also those of a later
 * process. Null unless traces are sent, or the sender of the activity told one.
 */
export async function up(knex) {
  await knex.schema.alterTable('deliveries', (table) => {
    table.text('trace')
  })
}

export async function down(knex) {
  await knex.schema.alterTable('deliveries', (table) => table.dropColumn('trace'))
}
