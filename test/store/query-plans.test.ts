import { join } from 'node:path'
import knex from 'knex'
import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { entry, freshFolder } from './database.ts'
import { statementsOf } from './statements.ts'

t.test('no query on the hot path looks through a whole table', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  const store = openStore({ client: 'sqlite', file })
  await store.migrate()
  const spy = knex({ client: 'sqlite3', useNullAsDefault: true, connection: { filename: file } })
  const seen = await statementsOf(async () => {
    for (let number = 1; number <= 20; number += 1) await store.append(entry(number, ['room', 'hook']))
    await store.append(entry(1, ['room']))
    await store.giveBack(await store.take({ integration: 'room', limit: 4, now: 5000, leaseMs: 1000 }))
    const taken = await store.take({ integration: 'room', limit: 4, now: 5000, leaseMs: 1000 })
    await store.nextDue('room', 5000)
    for (const delivery of taken) {
      await store.storedActivity(delivery.activityId)
      await store.nextState(delivery)
      await store.laterStatesDelivered(delivery)
      await store.extend(taken, 9000, 5000)
      await store.keep({ delivery, words: 'Kirk said', targetTime: 5000 })
      await store.firstDoubt('room', [delivery.id], 5000)
      await store.receiptedIds('room', ['7', '8'])
      await store.settle({
        delivery,
        outcome: {
          state: 'delivered',
          dueAt: null,
          failures: 0,
          inDoubtSince: null,
          failingSince: null,
          firstFailedAt: null,
          lastFailedAt: null,
          receiptId: null,
          note: '',
          word: 'delivered',
          status: null,
        },
        exchanges: '[]',
        endedAt: 6000,
        durationMs: 1,
        targetTime: null,
      })
    }
    await store.oldestOpen(['room'])
    await store.linkedTickets(['ENT-1', 'ENT-2'])
  })
  const queries = new Set(seen.filter((sql) => /^\s*(with|select|update|delete|insert)/i.test(sql)))
  t.ok(queries.size > 10, `${queries.size} statements were seen`)
  for (const query of queries) {
    const blanks = new Array((query.match(/\?/g) ?? []).length).fill(1)
    const steps: { detail: string }[] = await spy.raw(`explain query plan ${query}`, blanks)
    const scans = steps
      .map(({ detail }) => detail)
      .filter((detail) => /^SCAN (?!CONSTANT|\d+ CONSTANT|\(|SUBQUERY|LIST)/.test(detail))
    t.strictSame(
      scans.filter((detail) => !/VALUES|^SCAN (given$|jsonb?_each VIRTUAL TABLE)|USING (COVERING )?INDEX/.test(detail)),
      [],
      query,
    )
  }
  await spy.destroy()
  await store.close()
})
