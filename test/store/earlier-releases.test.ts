import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { replayRejected } from '../../src/commands/rejected.ts'
import { type Recorded, startStandIn } from '../../src/stand-ins/stand-in.ts'
import { openStore } from '../../src/store/store.ts'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { arrivedOnceInOrder } from './arrivals.ts'
import { ASTRAY, CAPPED, FIRST, ONLY_IN_THE_LOG, SECRET } from './fixture-scenario.ts'
import { ACCOUNT, onFixedPort, PORTS, type Posts, startTargets, type Targets } from './fixture-targets.ts'
import {
  clockFrom,
  LEASE_MS,
  loadDump,
  type OpenedFixture,
  openFixture,
  type RelayOnFixture,
  startOnFixture,
  unpackSqlite,
} from './opened-fixture.ts'
import { type ServerClock, settableClock } from './postgres.ts'
import { type StoredContent, storedContent } from './stored-content.ts'

/**
 * What a release writes, the next one reads. Each folder in fixtures/ holds the databases of a relay of one release
 * that was killed in the middle of its work (see make-fixture.ts); here the present code carries on from there.
 */

const FIXTURES = 'test/store/fixtures'
const HOUR_MS = 3_600_000

// A server of PostgreSQL takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

type Content = StoredContent & { readonly takenAt: number; readonly posts: Posts }

for (const version of readdirSync(FIXTURES).filter((name) => /^\d/.test(name))) {
  t.test(`the relay carries on where ${version} was killed, on SQLite`, async (t) => {
    const from = join(FIXTURES, version, 'sqlite')
    const fixture = openFixture(t, join(from, 'relay.yaml'), (folder) => ({
      client: 'sqlite',
      file: unpackSqlite(from, folder),
    }))
    await carriesOn(t, fixture, contentOf(from))
  })

  t.test(`what ${version} had committed to SQLite's log alone is read from there`, async (t) => {
    const from = join(FIXTURES, version, 'sqlite')
    const said = async (isUnpacked: (name: string) => boolean): Promise<boolean> => {
      const { config } = openFixture(t, join(from, 'relay.yaml'), (folder) => ({
        client: 'sqlite',
        file: unpackSqlite(from, folder, isUnpacked),
      }))
      const { activities } = await read(config.database, config.credentials.keys, [])
      return activities.some(({ raw }) => raw.includes(ONLY_IN_THE_LOG))
    }
    t.equal(await said((name) => !name.includes('-wal')), false, 'the database file alone lacks it')
    t.equal(await said(() => true), true, 'with its log it is there')
  })

  t.test(
    `the relay carries on where ${version} was killed, on PostgreSQL`,
    { skip: withoutPostgres ?? false },
    async (t) => {
      const from = join(FIXTURES, version, 'postgres')
      const content = contentOf(from)
      const server = await settableClock(t, await loadDump(t, join(from, 'relay.sql.gz')), content.takenAt)
      const database = { client: 'postgres', file: '-', url: server.url } as const
      await carriesOn(
        t,
        openFixture(t, join(from, 'relay.yaml'), () => database),
        content,
        server,
      )
    },
  )
}

function contentOf(folder: string): Content {
  return JSON.parse(readFileSync(join(folder, 'content.json'), 'utf8')) as Content
}

/** What this release reads, after its migrations. */
async function read(
  database: OpenedFixture['config']['database'],
  keys: readonly string[],
  sent: StoredContent['sent'],
): Promise<StoredContent> {
  const store = openStore(database)
  try {
    await store.migrate()
    return JSON.parse(JSON.stringify(await storedContent(store, keys, sent))) as StoredContent
  } finally {
    await store.close()
  }
}

async function carriesOn(t: Test, fixture: OpenedFixture, content: Content, server?: ServerClock): Promise<void> {
  const { config } = fixture
  await everythingIsThere(t, await read(config.database, config.credentials.keys, content.sent), content)
  const clock = clockFrom(content.takenAt)
  const targets = await startTargets(t, clock.now)
  for (const [account, posts] of Object.entries(content.posts)) targets.posts[account]?.push(...posts)
  const down = await onFixedPort(t, () => startStandIn(() => ({ status: 200 }), { port: PORTS.down }))
  const relay = await startOnFixture(t, fixture, clock, server)
  const of = (integration: string) => content.deliveries.filter(({ delivery }) => delivery.integration === integration)
  const open = (integration: string) => of(integration).filter(({ delivery }) => delivery.settledAt === null)
  const hooks = (name: string): Recorded[] => targets.hooks.requests.filter(({ path }) => path === `/${name}`)
  const carriedOn = async (t: Test, name: string, arrived = () => hooks(name)): Promise<void> => {
    for (const { state, key } of await relay.settled(name, of(name).length)) t.equal(state, 'delivered', key)
    arrivedOnceInOrder(t, arrived(), keysOf(open(name)))
  }

  await t.test('what stands still goes on standing still', async (t) => {
    await relay.turned()
    t.strictSame(targets.hooks.requests, [], 'no web hook, and no post')
    t.strictSame(down.requests, [])
    t.strictSame(targets.jira.requests, [])
    t.match(standing(relay, 'jira'), { pausedReason: 'the tickets move house' })
    t.match(standing(relay, 'gone'), { pausedReason: /answered 410/ })
    t.match(standing(relay, 'down'), { breaker: { state: 'open', openings: 1 } })
    t.strictSame(
      withoutFingerprints((await storedContentOf(relay)).integrationStates),
      withoutFingerprints(content.integrationStates),
      'no pause and no breaker was taken back, since the settings are known to be the same',
    )
    t.strictSame(await post(relay, FIRST), { status: 200, duplicate: true })
  })

  await t.test('what was under way when the relay was killed is looked up before it is repeated', async (t) => {
    // It has seen their leases, and sees that nobody extends them.
    await relay.idle('wire', of('wire').filter(({ delivery }) => delivery.state === 'delivering').length)
    await relay.advance(LEASE_MS)
    const settled = await relay.settled('wire', of('wire').length)
    const words = await wordsOf(relay, settled)
    // Two had arrived, one had not; the last stood behind it in its lane.
    t.strictSame(words, ['confirmed', 'delivered', 'confirmed', 'delivered'])
    lookedUpFirst(t, targets, '/wire', 2)
    t.strictSame(hooks('later'), [], 'nobody else is early')
  })

  await t.test('what waits is tried again when its time has come, once and in order', async (t) => {
    await relay.advance(2.5 * HOUR_MS)
    await carriedOn(t, 'later')
    await carriedOn(t, 'down', () => [...down.requests])
    const news = await relay.settled('news', of('news').length)
    t.strictSame(await wordsOf(relay, news), ['confirmed', 'delivered', 'delivered', 'delivered'])
    lookedUpFirst(t, targets, '/news', 2)
    await relay.turned()
    t.strictSame(targets.jira.requests, [], "the operator's pause has no end")
    t.strictSame(hooks('gone'), [], 'nor has the one by the target')
  })

  await t.test('the cap of the day counts what was sent before', async (t) => {
    const left = open(CAPPED.name).length
    t.equal(left > 2 * CAPPED.perDay, true)
    t.strictSame(hooks(CAPPED.name), [])
    await relay.advance(24 * HOUR_MS)
    for (let sent = CAPPED.perDay; sent < left; sent += CAPPED.perDay) {
      await relay.settled(CAPPED.name, of(CAPPED.name).length - left + sent)
      await relay.turned()
      t.equal(hooks(CAPPED.name).length, sent)
      await relay.advance(24 * HOUR_MS)
    }
    await carriedOn(t, CAPPED.name)
  })

  await t.test('what was paused goes on when it is resumed', async (t) => {
    for (const name of ['gone', 'jira']) await relay.store.saveResume(name, relay.now())
    await carriedOn(t, 'gone')
    const settled = await relay.settled('jira', of('jira').length)
    t.equal(settled.filter(({ state }) => state === 'delivered').length, 7)
    const told = (ticket: string) => targets.jira.comments(ticket).map(({ body }) => body)
    t.match(told('TEST-1'), [/Another comment of 111/], 'linked by an activity')
    t.match(told('TEST-2'), [/Another comment of 120/], 'linked by the operator')
    t.match(told('TEST-3'), [/Another comment of 130/], "linked by Tracker's API, which knows nothing of it any more")
    t.equal(targets.jira.statusOf('TEST-1'), 'Resolved')
  })

  await t.test('the dead are replayed', async (t) => {
    t.strictSame(hooks('dead'), [])
    t.equal(await relay.store.replay({ integration: 'dead', state: 'dead' }, relay.now()), of('dead').length)
    for (const { state } of await relay.settled('dead', of('dead').length)) t.equal(state, 'delivered')
    arrivedOnceInOrder(t, hooks('dead'), keysOf(of('dead')))
  })

  await t.test('a rejected request is handed in again for the project that it belongs to', async (t) => {
    t.strictSame(hooks('ok'), [], 'what was delivered stays delivered')
    const [astray] = content.rejected
    t.equal(astray?.body, ASTRAY)
    const id = String(astray?.id)
    t.equal(await replayRejected([id], { project: '27', config: fixture.configPath }), true)
    await relay.settled('ok', of('ok').length + 1)
    t.equal(hooks('ok').length, 1)
    t.match(hooks('ok')[0]?.body.toString(), 'This belongs to project 27')
    t.equal((await relay.store.rejected(10)).length, content.rejected.length - 1)
  })
}

/** Rows may have got more columns meanwhile; those that were there have the same values. */
async function everythingIsThere(t: Test, found: StoredContent, content: Content): Promise<void> {
  await t.test('everything that was stored is read as it was', async (t) => {
    const { takenAt: _, posts: __, ...stored } = content
    for (const [what, rows] of Object.entries(stored)) {
      const read = found[what as keyof StoredContent]
      // Nobody relies on the order of these.
      const inOrder = (all: readonly unknown[]): readonly unknown[] =>
        what === 'linkedTickets' ? all.toSorted(byJson) : all
      t.has(inOrder(read), inOrder(rows), what)
      t.equal(read.length, rows.length, `as many ${what} as there were`)
    }
    for (const account of ['news', 'wire']) {
      const kept = found.credentials.find(({ name }) => name === `twitter/${account}/oauth1`)
      t.match(JSON.parse(String(kept?.value)), ACCOUNT, `the token of ${account} is opened by the key in the config`)
    }
  })
}

const byJson = (one: unknown, other: unknown): number => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)

const keysOf = (rows: StoredContent['deliveries']) => rows.map(({ delivery }) => delivery)

const standing = ({ relay }: RelayOnFixture, name: string) =>
  relay
    .workers()
    .find(({ integration }) => integration.name === name)
    ?.standing()

async function storedContentOf({ store }: RelayOnFixture): Promise<StoredContent> {
  return await storedContent(store, [], [])
}

/** How the last attempt of each ended. */
async function wordsOf({ store }: RelayOnFixture, deliveries: readonly { id: number }[]): Promise<unknown[]> {
  const shown = await Promise.all(deliveries.map(({ id }) => store.delivery(id)))
  return shown.map((each) => each?.attempts.at(-1)?.outcome)
}

/** The account was asked for its posts before anything was posted, and got so many that it did not have. */
function lookedUpFirst(t: Test, { hooks, posts }: Targets, account: string, posted: number): void {
  const requests = hooks.requests.filter(({ path }) => path.startsWith(account))
  t.equal(requests[0]?.method, 'GET')
  t.equal(requests.filter(({ method }) => method === 'POST').length, posted)
  const texts = (posts[account] ?? []).map(({ text }) => text)
  t.equal(new Set(texts).size, texts.length, 'nothing is there twice')
}

async function post({ url }: RelayOnFixture, body: string): Promise<{ status: number; duplicate: unknown }> {
  const headers = { 'content-type': 'application/xml' }
  const response = await fetch(`${url}/hooks/26/${SECRET}`, { method: 'POST', headers, body })
  const { duplicate } = (await response.json()) as { duplicate?: unknown }
  return { status: response.status, duplicate }
}

/** A version may take the fingerprint of the same settings otherwise. */
function withoutFingerprints(states: readonly object[]): unknown {
  return JSON.parse(JSON.stringify(states, (key, value) => (key === 'fingerprint' ? undefined : value)))
}
