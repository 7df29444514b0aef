/**
 * What each integration did in each minute, hour and day; '' is what arrived. Each instance adds to rows of its own, so
 * that none waits for another.
 */
export async function up(knex) {
  await knex.schema.createTable('stats', (table) => {
    table.string('period', 8).notNullable()
    // When the minute, hour or day began, in UTC.
    table.bigInteger('at').notNullable()
    table.string('integration', 64).notNullable()
    table.integer('slot').notNullable()
    for (const name of ['received', 'delivered', 'failed', 'dead', 'skipped', 'latency_ms', 'slowest_ms'])
      table.bigInteger(name).notNullable().defaultTo(0)
    table.primary(['period', 'at', 'integration', 'slot'])
  })
}

export async function down(knex) {
  await knex.schema.dropTable('stats')
}
