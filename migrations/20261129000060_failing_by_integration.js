/**
 * What of an integration has failed and is open, however much waits for it: each reader asks for one integration, and would
 * otherwise walk all of its open deliveries.
 */
export async function up(knex) {
  await knex.raw('drop index deliveries_failing')
  await knex.raw(
    'create index deliveries_failing on deliveries (integration, first_failed_at) where settled_at is null and first_failed_at is not null',
  )
}

export async function down(knex) {
  await knex.raw('drop index deliveries_failing')
  await knex.raw(
    'create index deliveries_failing on deliveries (first_failed_at) where settled_at is null and first_failed_at is not null',
  )
}
