/** The state that each story was last told to be in, and when that happened: v3 does not tell what a story comes from. */
export async function up(knex) {
  await knex.schema.alterTable('stories', (table) => {
    table.string('state', 32)
    table.bigInteger('stated_at')
  })
  await fillIn(knex)
}

export async function down(knex) {
  await knex.schema.alterTable('stories', (table) => {
    table.dropColumn('state')
    table.dropColumn('stated_at')
  })
}

/** Of the states that are still kept, the last one of each story. */
async function fillIn(knex) {
  let after = 0
  for (;;) {
    const rows = await knex('deliveries')
      .join('activities', 'activities.id', 'deliveries.activity_id')
      .where({ 'deliveries.kind': 'state' })
      .where('deliveries.id', '>', after)
      .orderBy('deliveries.id')
      .limit(1000)
      .select(
        'deliveries.id',
        'deliveries.project_id',
        'deliveries.story_id',
        'deliveries.effect',
        'activities.occurred_at',
      )
    for (const row of rows) {
      const { state } = JSON.parse(row.effect)
      if (typeof state !== 'string' || state.length > 32) continue
      await knex('stories')
        .where({ project_id: row.project_id, id: row.story_id })
        .where((earlier) => earlier.whereNull('stated_at').orWhere('stated_at', '<=', row.occurred_at))
        .update({ state, stated_at: row.occurred_at })
    }
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.id
  }
}
