/** Each instance counts in rows of its own, so that none waits for another; they are added up when they are read. */
export async function up(knex) {
  await anew(knex, ['integration', 'state', 'slot'], (table) => table.integer('slot').notNullable().defaultTo(0))
}

export async function down(knex) {
  await anew(knex, ['integration', 'state'])
}

/** SQLite cannot change a table's primary key. */
async function anew(knex, primary, more = () => {}) {
  await knex.schema.renameTable('delivery_counts', 'delivery_counts_before')
  await knex.schema.createTable('delivery_counts', (table) => {
    table.string('integration', 64).notNullable()
    table.string('state', 16).notNullable()
    more(table)
    table.bigInteger('count').notNullable()
    table.primary(primary, `delivery_counts_${primary.length}`)
  })
  await knex.raw(
    `insert into delivery_counts (integration, state, count)
       select integration, state, sum(count) from delivery_counts_before group by integration, state`,
  )
  await knex.schema.dropTable('delivery_counts_before')
}
