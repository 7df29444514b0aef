/**
 * When a delivery was last replayed: what it waits and takes counts from then on, not from its creation weeks ago. An
 * attempt keeps the time for when the stats are counted again, since a later replay overwrites that of the delivery.
 */
export async function up(knex) {
  await knex.schema.alterTable('deliveries', (table) => {
    table.bigInteger('replayed_at')
  })
  await knex.schema.alterTable('attempts', (table) => {
    table.bigInteger('replayed_at')
  })
  await knex.raw('drop index deliveries_open')
  await knex.raw(
    `create index deliveries_open on deliveries (integration, coalesce(replayed_at, created_at)) where settled_at is null`,
  )
}

export async function down(knex) {
  await knex.raw('drop index deliveries_open')
  await knex.raw('create index deliveries_open on deliveries (integration, created_at) where settled_at is null')
  await knex.schema.alterTable('attempts', (table) => table.dropColumn('replayed_at'))
  await knex.schema.alterTable('deliveries', (table) => table.dropColumn('replayed_at'))
}
