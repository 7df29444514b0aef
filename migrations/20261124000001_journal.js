/**
 * The journal: activities, their deliveries, the order they keep, and what became of each attempt.
 * Times are milliseconds since 1970, so that both databases and every driver agree on them.
 */
export async function up(knex) {
  await knex.schema.createTable('activities', (table) => {
    table.bigIncrements('id')
    table.string('project_id', 64).notNullable()
    table.string('key', 255).notNullable()
    table.string('kind', 120).notNullable()
    table.string('content_type', 255)
    table.binary('raw').notNullable()
    table.bigInteger('occurred_at').notNullable()
    table.bigInteger('received_at').notNullable()
    // What makes "the same activity again" a duplicate, also when two copies arrive in the same moment.
    table.unique(['project_id', 'key'], { indexName: 'activities_key' })
    table.index(['received_at'], 'activities_received')
  })

  await knex.schema.createTable('deliveries', (table) => {
    table.bigIncrements('id')
    table.bigInteger('activity_id').notNullable().references('id').inTable('activities').onDelete('CASCADE')
    table.string('key', 64).notNullable()
    table.string('project_id', 64).notNullable()
    table.string('integration', 64).notNullable()
    table.string('story_id', 64)
    table.string('kind', 16).notNullable()
    table.text('effect').notNullable()
    // The lanes it stands in, as JSON: one for its story, or one for each story of its activity.
    table.text('lanes').notNullable()
    table.string('state', 16).notNullable()
    table.bigInteger('created_at').notNullable()
    // When it may be taken; while it is being delivered, when its lease ends; null while it stands behind another one of
    // its lane, and after it is settled.
    table.bigInteger('due_at')
    table.string('token', 32)
    table.integer('attempts').notNullable().defaultTo(0)
    table.integer('failures').notNullable().defaultTo(0)
    table.bigInteger('attempt_started_at')
    table.bigInteger('in_doubt_since')
    table.bigInteger('failing_since')
    table.bigInteger('settled_at')
    table.text('note')
    table.index(['activity_id'], 'deliveries_activity')
    table.index(['integration', 'due_at'], 'deliveries_due', { predicate: knex.whereNotNull('due_at') })
    table.index(['integration', 'created_at'], 'deliveries_open', { predicate: knex.whereNull('settled_at') })
  })
  await knex.raw("create index deliveries_dead on deliveries (integration, id) where state = 'dead'")

  // A row for each open delivery and lane: the first of a lane is the one that may be taken.
  await knex.schema.createTable('lane_entries', (table) => {
    table.string('integration', 64).notNullable()
    table.string('lane', 160).notNullable()
    table.bigInteger('delivery_id').notNullable()
    table.primary(['integration', 'lane', 'delivery_id'])
  })

  await knex.schema.createTable('attempts', (table) => {
    table.bigIncrements('id')
    table.bigInteger('delivery_id').notNullable().references('id').inTable('deliveries').onDelete('CASCADE')
    table.integer('number').notNullable()
    table.bigInteger('started_at').notNullable()
    table.integer('duration_ms').notNullable()
    table.string('outcome', 32).notNullable()
    table.integer('status')
    table.text('note')
    table.text('exchanges').notNullable()
    table.index(['delivery_id'], 'attempts_delivery')
  })

  // Kept in step within each transaction, so that a scrape counts no rows.
  await knex.schema.createTable('delivery_counts', (table) => {
    table.string('integration', 64).notNullable()
    table.string('state', 16).notNullable()
    table.bigInteger('count').notNullable()
    table.primary(['integration', 'state'])
  })

  // What the relay has learned of each story: most activities do not tell its name.
  await knex.schema.createTable('stories', (table) => {
    table.string('project_id', 64).notNullable()
    table.string('id', 64).notNullable()
    table.text('name')
    table.string('story_type', 32)
    table.primary(['project_id', 'id'])
  })

  await knex.schema.createTable('integration_states', (table) => {
    table.string('integration', 64).primary()
    table.string('fingerprint', 64).notNullable()
    table.bigInteger('paused_at')
    table.text('paused_reason')
    // 'operator' or 'target': the target's pause ends with the settings it belongs to.
    table.string('paused_by', 16)
    table.bigInteger('resumed_at')
    table.text('breaker')
  })

  await knex.schema.createTable('rejected', (table) => {
    table.bigIncrements('id')
    table.string('project_id', 64)
    table.bigInteger('received_at').notNullable()
    table.string('reason', 40).notNullable()
    table.text('detail').notNullable()
    table.text('head').notNullable()
    table.binary('body').notNullable()
    table.bigInteger('body_bytes').notNullable()
    table.index(['received_at'], 'rejected_received')
  })
}

export async function down(knex) {
  for (const table of [
    'rejected',
    'integration_states',
    'stories',
    'delivery_counts',
    'attempts',
    'lane_entries',
    'deliveries',
    'activities',
  ])
    await knex.schema.dropTable(table)
}
