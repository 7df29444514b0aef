/**
 * Which ticket each story is linked to, and which system each of a project's integrations in Tracker leads to: kept, so
 * that a deleted story, or a Tracker that is gone, still finds its ticket.
 */
export async function up(knex) {
  await knex.schema.createTable('links', (table) => {
    table.string('project_id', 64).notNullable()
    table.string('story_id', 64).notNullable()
    // What an activity says is kept whatever its length: a link that no database column takes must not lose it.
    table.text('system')
    table.text('integration_id')
    // Null: the story is known to have no ticket.
    table.text('external_id')
    table.text('external_url')
    table.string('source', 16).notNullable()
    table.bigInteger('learned_at').notNullable()
    // When the activity happened that told the link; null where none did.
    table.bigInteger('told_at')
    table.primary(['project_id', 'story_id'])
  })

  await knex.schema.createTable('tracker_integrations', (table) => {
    table.string('project_id', 64).notNullable()
    table.text('integration_id').notNullable()
    table.text('system').notNullable()
    table.text('base_url')
    table.primary(['project_id', 'integration_id'])
  })
}

export async function down(knex) {
  await knex.schema.dropTable('tracker_integrations')
  await knex.schema.dropTable('links')
}
