/** Serves the question whether a later state of a story was carried on already: asked before an old one is repeated. */
export async function up(knex) {
  await knex.raw("create index deliveries_states on deliveries (integration, story_id, id) where kind = 'state'")
}

export async function down(knex) {
  await knex.raw('drop index deliveries_states')
}
