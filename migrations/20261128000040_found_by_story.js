/**
 * Serves the lists of the admin API. Of the deliveries of a story, those that carry a whole activity have no story of their
 * own but its lanes: usually the one of the activity's only story. Other lists read the newest deliveries, or the few that
 * are open.
 */
export async function up(knex) {
  await knex.raw('create index deliveries_story on deliveries (story_id, id) where story_id is not null')
  // An index of PostgreSQL takes no more than 2700 bytes of a row.
  await knex.raw('create index deliveries_forwards on deliveries (substr(lanes, 1, 140), id) where story_id is null')
  await knex.raw("create index deliveries_skipped on deliveries (integration, id) where state = 'skipped'")
}

export async function down(knex) {
  for (const name of ['deliveries_story', 'deliveries_forwards', 'deliveries_skipped'])
    await knex.raw(`drop index ${name}`)
}
