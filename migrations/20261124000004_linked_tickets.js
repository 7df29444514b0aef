/**
 * Which tickets are stories already, asked for many tickets at a time by the import feed; and which stories are deleted
 * in Tracker: their links stay, for deliveries that are late, but their tickets can become stories again.
 */
export async function up(knex) {
  // An index of PostgreSQL takes no more than 2700 bytes of a row, and an id is kept whatever its length.
  await knex.raw('create index links_ticket on links (substr(external_id, 1, 200))')
  await knex.raw('alter table stories add column deleted_at bigint')
}

export async function down(knex) {
  await knex.raw('alter table stories drop column deleted_at')
  await knex.raw('drop index links_ticket')
}
