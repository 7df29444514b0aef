/**
 * The digest that a delivery is sent in, together with others: made right before the first attempt, and not changed by
 * later ones. Few deliveries are in any.
 */
export async function up(knex) {
  await knex.schema.alterTable('deliveries', (table) => {
    table.string('digest', 40)
  })
  await knex.raw('create index deliveries_digest on deliveries (digest) where digest is not null')
}

export async function down(knex) {
  await knex.raw('drop index deliveries_digest')
  await knex.schema.alterTable('deliveries', (table) => table.dropColumn('digest'))
}
