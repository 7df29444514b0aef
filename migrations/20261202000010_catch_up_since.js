/** A list of what was changed is asked for in parts: from when on the changes themselves are wanted until all parts are there. */
export async function up(knex) {
  await knex.schema.alterTable('catch_ups', (table) => {
    table.bigInteger('since')
  })
  await knex('catch_ups').update({ since: knex.ref('up_to') })
}

export async function down(knex) {
  // Without it, what is left of a part would be lost.
  await knex('catch_ups').update({ up_to: knex.ref('since') })
  await knex.schema.alterTable('catch_ups', (table) => {
    table.dropColumn('since')
  })
}
