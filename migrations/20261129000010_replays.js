/** Jobs that put many deliveries back into the queue, or plan activities anew, at a limited rate. */
export async function up(knex) {
  await knex.schema.createTable('replays', (table) => {
    table.bigIncrements('id')
    table.bigInteger('created_at').notNullable()
    table.string('who', 200).notNullable()
    // What is chosen, as JSON.
    table.text('what').notNullable()
    table.string('state', 16).notNullable()
    table.integer('per_second').notNullable()
    // How many were chosen when it was made, looked at so far, put into the queue, and left alone.
    table.bigInteger('total').notNullable()
    table.bigInteger('looked').notNullable().defaultTo(0)
    table.bigInteger('released').notNullable().defaultTo(0)
    table.bigInteger('left_alone').notNullable().defaultTo(0)
    // The ids of the last one that was looked at, and of the last one there was when it was made.
    table.bigInteger('cursor').notNullable().defaultTo(0)
    table.bigInteger('until_id').notNullable()
    // The instance that works on it, until when.
    table.string('token', 32)
    table.bigInteger('leased_until')
    table.bigInteger('changed_at').notNullable()
    table.bigInteger('ended_at')
    table.text('note')
    table.bigInteger('audit_id')
  })
  await knex.raw("create index replays_running on replays (id) where state = 'running'")
}

export async function down(knex) {
  await knex.schema.dropTable('replays')
}
