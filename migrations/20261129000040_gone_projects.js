/** Since when a project whose stories and links are kept is in no config any more. */
export async function up(knex) {
  await knex.schema.createTable('gone_projects', (table) => {
    table.string('project_id', 64).primary()
    table.bigInteger('since').notNullable()
  })
}

export async function down(knex) {
  await knex.schema.dropTable('gone_projects')
}
