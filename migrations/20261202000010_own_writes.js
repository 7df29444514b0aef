/**
 * What the relay is about to change at tickets of a tool that it follows too, one change a row: the tool will tell of it.
 * A row is the reason of one event at most.
 */
export async function up(knex) {
  await knex.schema.createTable('own_writes', (table) => {
    table.increments('id')
    table.bigInteger('delivery_id').notNullable().index()
    // The ticket's address without its scheme, in lower case.
    table.string('page', 500).notNullable()
    // closed, opened, +label, -label
    table.string('change', 300).notNullable()
    // By the tool's clock, if it is known.
    table.bigInteger('written_at').notNullable().index()
    // When somebody changed it back.
    table.bigInteger('undone_at')
    // The key of the event by which the tool told of it.
    table.string('event_key', 255)
    table.index(['page', 'change'])
  })
}

export async function down(knex) {
  await knex.schema.dropTable('own_writes')
}
