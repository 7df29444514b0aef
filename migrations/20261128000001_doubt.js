/**
 * What an attempt in doubt is recognised by, however much later it is asked for: the words that were sent, the target's
 * clock at that time, and the ids that other attempts' receipts name. And since when a delivery has failed, however its
 * failures were counted.
 */
export async function up(knex) {
  await knex.schema.alterTable('deliveries', (table) => {
    table.text('kept')
    table.bigInteger('target_time')
    table.bigInteger('first_failed_at')
    table.bigInteger('last_failed_at')
  })
  await knex.schema.alterTable('attempts', (table) => {
    table.text('receipt_id')
  })
  await knex.raw('create index attempts_receipt on attempts (receipt_id, delivery_id) where receipt_id is not null')
  await knex.raw(
    `create index deliveries_doubt on deliveries (integration, due_at)
       where settled_at is null and (in_doubt_since is not null or state = 'delivering')`,
  )
  await knex.raw(
    'create index deliveries_failing on deliveries (first_failed_at) where settled_at is null and first_failed_at is not null',
  )
}

export async function down(knex) {
  for (const name of ['attempts_receipt', 'deliveries_doubt', 'deliveries_failing'])
    await knex.raw(`drop index ${name}`)
  await knex.schema.alterTable('attempts', (table) => table.dropColumn('receipt_id'))
  await knex.schema.alterTable('deliveries', (table) =>
    table.dropColumns('kept', 'target_time', 'first_failed_at', 'last_failed_at'),
  )
}
