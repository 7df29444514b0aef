import { join } from 'node:path'
import knex from 'knex'
import t, { type Test } from 'tap'
import { DIGEST_LANE } from '../../src/store/digest.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { entry, freshFolder } from './database.ts'
import { statementsOf } from './statements.ts'

interface Scene {
  readonly store: Store
  /** The steps of SQLite's plan for a statement. */
  planOf(query: string): Promise<string[]>
}

async function scene(t: Test): Promise<Scene> {
  const file = join(freshFolder(t), 'relay.db')
  const store = openStore({ client: 'sqlite', file })
  await store.migrate()
  const spy = knex({ client: 'sqlite3', useNullAsDefault: true, connection: { filename: file } })
  t.teardown(async () => {
    await spy.destroy()
    await store.close()
  })
  return {
    store,
    async planOf(query) {
      const blanks = new Array((query.match(/\?/g) ?? []).length).fill(1)
      const steps: { detail: string }[] = await spy.raw(`explain query plan ${query}`, blanks)
      return steps.map(({ detail }) => detail)
    },
  }
}

t.test('no query on the hot path looks through a whole table', async (t) => {
  const { store, planOf } = await scene(t)
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
      await store.latestReceipt('room', '26', '109')
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
    const scans = (await planOf(query)).filter((detail) =>
      /^SCAN (?!CONSTANT|\d+ CONSTANT|\(|SUBQUERY|LIST)/.test(detail),
    )
    t.strictSame(
      scans.filter((detail) => !/VALUES|^SCAN (given$|jsonb?_each VIRTUAL TABLE)|USING (COVERING )?INDEX/.test(detail)),
      [],
      query,
    )
  }
})

t.test('a digest is made, read and settled without walking all deliveries', async (t) => {
  const { store, planOf } = await scene(t)
  const gathered = (number: number) => {
    const told = entry(number, ['room'])
    return { ...told, deliveries: told.deliveries.map((each) => ({ ...each, lanes: [DIGEST_LANE] })) }
  }
  const seen = await statementsOf(async () => {
    for (let number = 1; number <= 20; number += 1) await store.append(gathered(number))
    const [early] = await store.take({ integration: 'room', limit: 4, now: 5000, leaseMs: 1000 })
    if (early === undefined) throw new Error('nothing was taken')
    await store.postpone({ delivery: early, until: 6000, now: 5000 })
    t.strictSame(await store.take({ integration: 'room', limit: 4, now: 5000, leaseMs: 1000 }), [])
    const [head] = await store.take({ integration: 'room', limit: 4, now: 6000, leaseMs: 1000 })
    t.match(head, { id: early.id, attempts: 1, inDoubtSince: null })
    if (head === undefined) throw new Error('nothing was taken')
    const digest = await store.makeDigest(head)
    t.equal(await store.makeDigest(head), digest)
    t.equal(await store.makeDigest({ ...head, token: 'another' }), null)
    t.equal((await store.openInDigest(digest ?? '')).length, 20)
    await store.expire({ integration: 'room', before: 9000, now: 9000, note: '' })
    t.equal((await store.deliveryPage({ digest: digest ?? '', limit: 50 })).deliveries.length, 20)
  })
  const asked = seen.filter((sql) => /digest/.test(sql) && /^\s*(with|select|update)/i.test(sql))
  t.ok(asked.length >= 5, `${asked.length} statements were seen`)
  for (const query of asked)
    t.notMatch((await planOf(query)).join('\n'), /^SCAN (deliveries|lane_entries|activities|stories)\b/m, query)
})

t.test('what fails, is in doubt or under way is found without walking all that waits', async (t) => {
  const { store, planOf } = await scene(t)
  const seen = await statementsOf(async () => {
    await store.underWay('room', [1])
    await store.firstDoubt('room', [1], 5000)
    await store.heldBefore('room', 5000)
    await store.expire({ integration: 'room', before: 5000, now: 5000, note: '' })
    await store.standingFacts(['room'], { now: 5000, day: '2026-11-29' })
  })
  const asked = seen.filter((sql) => /deliveries.*(first_failed_at|in_doubt_since)/s.test(sql))
  t.equal(asked.length, 5)
  for (const query of asked)
    t.match(
      (await planOf(query)).join('\n'),
      /^SEARCH deliveries USING INDEX deliveries_(failing|doubt) [^\n]*$/,
      query,
    )
})
