import t from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { openStore } from '../../src/store/store.ts'
import { run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { startRelay } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { entry } from './database.ts'
import { freshPostgres } from './postgres.ts'
import { type Pooler, startPooler } from './transaction-pooler.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

async function pooled(
  t: { teardown(work: () => Promise<void>): void },
  content: 'empty' | 'migrated' = 'migrated',
): Promise<{ readonly direct: string; readonly pooler: Pooler }> {
  const direct = await freshPostgres(t, content)
  const pooler = await startPooler(direct, 3)
  t.teardown(pooler.close)
  return { direct, pooler }
}

t.test('behind a pooler each transaction has its limits, and leaves none to others', { skip }, async (t) => {
  const { direct, pooler } = await pooled(t)
  await run(direct, `alter database ${new URL(direct).pathname.slice(1)} set synchronous_commit = off`)
  const late = await startPooler(direct, 3)
  t.teardown(late.close)
  const database = openDatabase({ client: 'postgres', file: '', url: late.url, statement_timeout_seconds: 7 })
  t.teardown(() => database.close())
  const names = ['lock_timeout', 'statement_timeout', 'enable_seqscan', 'synchronous_commit']
  const settings = `select ${names.map((name) => `current_setting('${name}') as ${name}`).join(', ')}`
  for (let count = 0; count < 5; count += 1) {
    const [within] = await database.transaction(async ({ knex }) => (await knex.raw(settings)).rows)
    t.match(within, {
      lock_timeout: '20s',
      statement_timeout: '7s',
      enable_seqscan: 'off',
      synchronous_commit: 'on',
    })
    const { rows } = await database.reader.raw(settings)
    t.match(rows, [{ lock_timeout: '0', statement_timeout: '0', enable_seqscan: 'on', synchronous_commit: 'off' }])
  }
  t.ok(late.switches() > 0, 'the session changed')
  t.equal(pooler.switches(), 0)
})

t.test('check tells that there is a pooler, and where each transaction gets another session', { skip }, async (t) => {
  const { direct, pooler } = await pooled(t)
  const found = async (url: string): Promise<string> => {
    const database = openDatabase({ client: 'postgres', file: '', url })
    t.teardown(() => database.close())
    return (await database.findings()).map(({ message }) => message).join('\n')
  }
  t.notMatch(await found(direct), 'pooler')
  t.match(await found(pooler.url), /there is a pooler between the relay and the server/)
  const narrow = await startPooler(direct, 1)
  t.teardown(narrow.close)
  t.match(await found(narrow.url), /also in the mode "transaction", which this one is in/)
})

t.test('a relay works through a pooler that gives each transaction another session', { skip }, async (t) => {
  const { direct, pooler } = await pooled(t, 'empty')
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const relay = await startRelay(t, {
    database: { client: 'postgres', url: pooler.url },
    integrations: { builds: { type: 'webhook', url: receiver.url }, log: { type: 'log' } },
  })
  const posted = await Promise.all(
    Array.from({ length: 30 }, (_, at) => relay.post(changed(at + 1, { story: String(at % 5), state: 'started' }))),
  )
  t.strictSame(new Set(posted.map(({ status }) => status)), new Set([202]))
  await relay.allSettled(60)
  t.equal(receiver.accepted.length, 30)
  t.equal(receiver.repeated, 0)
  t.ok(pooler.switches() > 10, `${pooler.switches()} transactions had another session than the one before`)
  await relay.stop()
  t.match(await run(direct, 'select count(*)::int as open from deliveries where settled_at is null'), [{ open: 0 }])
  t.strictSame(
    relay.lines().filter(({ level }) => level === 'error'),
    [],
  )
})

t.test('what has a name in another session goes without names from then on', { skip }, async (t) => {
  const { pooler } = await pooled(t)
  const store = openStore({ client: 'postgres', file: '', url: pooler.url })
  t.teardown(() => store.close())
  for (let number = 1; number <= 12; number += 1) await store.append(entry(number, ['room']))
  t.strictSame(await store.counts(), [{ integration: 'room', state: 'pending', count: 12 }])
  t.ok(pooler.switches() > 0)
})
