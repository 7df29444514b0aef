import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Recorded, startStandIn } from '../../src/stand-ins/stand-in.ts'
import type { Delivery } from '../../src/store/delivery.ts'
import { openStore } from '../../src/store/store.ts'
import { arrivedOnceInOrder } from './arrivals.ts'
import { onFixedPort } from './fixture-targets.ts'
import { clockFrom, openFixture, startOnFixture, unpackSqlite } from './opened-fixture.ts'
import { storedContent } from './stored-content.ts'

/**
 * A database of 0.1.0 that others have made: a relay with ten integrations was killed among 255 deliveries. What is in
 * it was listed with SQL, so that what is read here is compared with what no code of ours has read.
 */

const FROM = 'test/store/fixtures/store-2026-11-28'
/** A moment after the last that happened in it. */
const KILLED_AT = 1_795_835_862_000
const HOUR_MS = 3_600_000

t.setTimeout(300_000)

type Row = Readonly<Record<string, string>>

/** The rows under a heading of the list, as `name=value  name=value`; their values are cut where they are long. */
function listed(heading: string): Row[] {
  const lines = readFileSync(join(FROM, 'content.txt'), 'utf8').split('\n')
  const begin = lines.indexOf(heading) + 1
  if (begin === 0) throw new Error(`the list has nothing under "${heading}"`)
  const rows = lines.slice(begin, lines.indexOf('', begin))
  return rows.map((line) =>
    Object.fromEntries(
      [...line.matchAll(/ {2}(\w+)=(.*?)(?= {2}\w+=|$)/g)].map(([, name = '', value = '']) => [name, value]),
    ),
  )
}

/** A value as the list writes it, as far as the list goes. */
const written = (value: unknown): string =>
  (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)).slice(0, 110)

const fixture = (t: { teardown(work: () => Promise<void> | void): void }) =>
  openFixture(t, join(FROM, 'relay.yaml'), (folder) => ({ client: 'sqlite', file: unpackSqlite(FROM, folder) }))

t.test('everything on its list is read', async (t) => {
  const { config } = fixture(t)
  const store = openStore(config.database)
  t.teardown(() => store.close())
  await store.migrate()
  const { deliveries, counts, links, integrationStates, rejected } = await storedContent(store, [], [])

  const groups = listed('deliveries by integration and state').map(({ integration, state, ...numbers }) => {
    const all = deliveries.flatMap(({ delivery }) =>
      delivery.integration === integration && delivery.state === state ? [delivery] : [],
    )
    const sum = (of: (delivery: Delivery) => number): string => String(all.reduce((total, one) => total + of(one), 0))
    t.strictSame(
      {
        n: String(all.length),
        in_doubt: sum(({ inDoubtSince }) => (inDoubtSince === null ? 0 : 1)),
        attempts: sum(({ attempts }) => attempts),
        failures: sum(({ failures }) => failures),
        with_due: sum(({ dueAt }) => (dueAt === null ? 0 : 1)),
      },
      numbers,
      `${integration} ${state}`,
    )
    return all.length
  })
  t.equal(
    groups.reduce((total, n) => total + n, 0),
    deliveries.length,
  )

  const [underWay] = listed('the one that was under way (delivering)')
  const taken = deliveries.filter(({ delivery }) => delivery.state === 'delivering').map(({ delivery }) => delivery)
  t.match(taken, [
    { id: Number(underWay?.id), key: underWay?.key, dueAt: Number(underWay?.due_at), inDoubtSince: null },
  ])

  t.strictSame(
    counts.map((row) => ({ integration: row.integration, state: row.state, count: String(row.count) })),
    listed('delivery_counts'),
  )
  for (const { outcome, status, n } of listed('attempts by outcome'))
    t.equal(
      deliveries
        .flatMap(({ attempts }) => attempts)
        .filter((attempt) => attempt.outcome === outcome && String(attempt.status) === status).length,
      Number(n),
      `${outcome} ${status}`,
    )
  const states = new Map(integrationStates.map((state) => [state.integration, state]))
  for (const row of listed('integration_states')) {
    const found = states.get(row.integration ?? '')
    t.match(
      {
        fingerprint: found?.fingerprint,
        paused_at: written(found?.pausedAt),
        paused_reason: written(found?.pausedReason),
        paused_by: written(found?.pausedBy),
        resumed_at: written(found?.resumedAt),
        breaker: written(found?.breaker),
      },
      { ...row, integration: undefined, breaker: row.breaker?.slice(0, 110) },
    )
  }
  t.strictSame(
    links
      .map((link) =>
        [link?.projectId, link?.storyId, link?.system, link?.integrationId, link?.externalId, link?.source].map(String),
      )
      .sort(),
    listed('links')
      .map((row) =>
        [row.project_id, row.story_id, row.system, row.integration_id, row.external_id, row.source].map(String),
      )
      .sort(),
  )
  t.strictSame(
    rejected.map(({ id, reason, bodyBytes }) => [id, reason, bodyBytes].map(String)),
    listed('rejected').map(({ id, reason, body_bytes }) => [id, reason, body_bytes]),
  )
})

t.test('the relay carries on from there', async (t) => {
  const opened = fixture(t)
  const isJira = ({ path }: Recorded): boolean => path.startsWith('/jira/')
  const target = await onFixedPort(t, () =>
    startStandIn((request) => ({ status: isJira(request) ? 401 : 200 }), { port: 8526 }),
  )
  const down = await onFixedPort(t, () => startStandIn(() => ({ status: 200 }), { port: 8527 }))
  const relay = await startOnFixture(t, opened, clockFrom(KILLED_AT))
  const at = (name: string): Recorded[] => target.requests.filter(({ path }) => path === `/${name}`)
  const arrived = async (name: string, requests = () => at(name)): Promise<void> => {
    const settled = await relay.settled(name, 28)
    t.ok(
      settled.every(({ state }) => state === 'delivered'),
      `${name}: all of them are delivered`,
    )
    arrivedOnceInOrder(t, requests(), settled)
  }

  await relay.turned()
  t.strictSame(
    target.requests.filter(({ path }) => path !== '/hang'),
    [],
    'whatever is paused, held or waits is left alone',
  )
  t.strictSame(down.requests, [])
  const standing = (name: string) =>
    relay.relay
      .workers()
      .find(({ integration }) => integration.name === name)
      ?.standing()
  t.match(standing('stopped'), { pausedReason: 'moving house' })
  t.match(standing('gone'), { pausedReason: /answered 410/ })
  t.match(standing('down'), { breaker: { state: 'open', openings: 1 } })
  t.match(standing('jira'), { breaker: { state: 'open', openings: 2 } })

  await relay.idle('hang', 1)
  await relay.advance(60_000)
  await arrived('hang')
  await relay.advance(2.5 * HOUR_MS)
  await arrived('f404')
  await arrived('doubt')
  await arrived('down', () => [...down.requests])
  await relay.turned()
  t.strictSame([...at('gone'), ...at('stopped')], [], 'no pause has an end')
  for (const name of ['gone', 'stopped']) await relay.store.saveResume(name, relay.now())
  await arrived('gone')
  await arrived('stopped')
  t.equal(await relay.store.replay({ integration: 'dead', state: 'dead' }, relay.now()), 28)
  await arrived('dead')
  t.strictSame(at('ok'), [], 'what was delivered is not sent again')
  t.equal(
    (await relay.deliveries('jira')).filter(({ settledAt }) => settledAt === null).length,
    2,
    'a target that rejects the credentials keeps all that is for it',
  )
})
