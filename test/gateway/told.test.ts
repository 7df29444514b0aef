import t, { type Test } from 'tap'
import type { Entry } from '../../src/store/entry.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { entry } from '../store/database.ts'
import { freshPostgres } from '../store/postgres.ts'
import { startPooler } from '../store/transaction-pooler.ts'
import { eventually } from './eventually.ts'
import { type RelaySetup, type RunningRelay, startRelay } from './running-relay.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

/** Longer than any test: what happens sooner does not happen because somebody has looked. */
const NEVER_MS = 3_600_000
const WITHOUT_LOOKS = { lookMs: NEVER_MS, lookWhenToldMs: NEVER_MS, noticeMs: NEVER_MS }

const HEARS = 'other instances are heard at once'
const DEAF = /^NOTIFY does not arrive/

const heardTimes = (relay: RunningRelay): number => relay.lines(HEARS).length

async function startHearing(t: Test, url: string, setup: RelaySetup = {}): Promise<RunningRelay> {
  const relay = await startRelay(t, { database: { client: 'postgres', url }, rhythm: WITHOUT_LOOKS, ...setup })
  await eventually(() => heardTimes(relay), Boolean, 'it hears others')
  return relay
}

/** What another instance stores whose own workers have no time for it. */
function anotherStore(t: Test, url: string): Store {
  const store = openStore({ client: 'postgres', file: '', url })
  t.teardown(() => store.close())
  return store
}

const arrival = (number: number): Entry =>
  entry(number, ['log'], [{ kind: 'announce', what: 'started', storyId: '109', author: 'Spock', text: null }])

const isPaused = async (relay: RunningRelay): Promise<boolean> =>
  (await relay.metrics()).get('relay_integration_paused{integration="log"}') === 1

t.test('what one instance takes in and does not carry out, another one carries out at once', { skip }, async (t) => {
  const url = await freshPostgres(t)
  const relay = await startHearing(t, url)
  const other = anotherStore(t, url)
  for (const number of [1, 2]) await other.append(arrival(number))
  const { activity, deliveries, ...shared } = arrival(3)
  const read = { source: 'linear', normalised: '{}' }
  await other.appendTogether({ ...shared, activities: [{ activity, deliveries, read }] })
  t.match(await relay.allSettled(3), Array(3).fill({ state: 'delivered' }))
})

t.test('a pause, a resume and what is due by it are known to other instances at once', { skip }, async (t) => {
  const url = await freshPostgres(t)
  const relay = await startHearing(t, url)
  const other = anotherStore(t, url)
  await other.savePause('log', null, 'they are moving', Date.now())
  await eventually(() => isPaused(relay), Boolean, 'it is paused')
  await other.append(arrival(1))
  await other.saveResume('log', Date.now())
  t.match(await relay.allSettled(1), [{ state: 'delivered' }])
})

t.test(
  'an instance whose listening connection was cut makes another, and looks at everything then',
  { skip },
  async (t) => {
    const url = await freshPostgres(t)
    const relay = await startHearing(t, url)
    const other = anotherStore(t, url)
    const cut = await run(
      url,
      `select pg_terminate_backend(pid, 10000) as cut from pg_stat_activity
     where datname = current_database() and application_name = 'tracker-relay listening'`,
    )
    t.strictSame(cut, [{ cut: true }])
    // Told to nobody, unless the new connection is there already.
    await other.append(arrival(1))
    t.match(await relay.allSettled(1), [{ state: 'delivered' }])
    await eventually(
      () => heardTimes(relay),
      (times) => times === 2,
      'it hears others again',
    )
    t.match(relay.lines('other instances are not heard; the relay looks every two seconds'), [
      { level: 'warn', reason: /terminat/ },
    ])
    await other.append(arrival(2))
    t.match(await relay.allSettled(2), [{ state: 'delivered' }, { state: 'delivered' }])
  },
)

t.test(
  'behind a pooler of transactions a relay says once that nothing is heard, looks, and is heard',
  { skip },
  async (t) => {
    const url = await freshPostgres(t)
    const pooler = await startPooler(url, 3)
    t.teardown(() => pooler.close())
    const pooled = await startRelay(t, {
      database: { client: 'postgres', url: pooler.url },
      rhythm: { ...WITHOUT_LOOKS, lookMs: 100 },
    })
    await eventually(() => pooled.lines().filter(({ msg }) => DEAF.test(String(msg))).length, Boolean, 'it has noticed')
    t.equal(heardTimes(pooled), 0)
    const other = anotherStore(t, url)
    await other.append(arrival(1))
    t.match(await pooled.allSettled(1), [{ state: 'delivered' }])
    await pooled.stop()
    const direct = await startHearing(t, url)
    await anotherStore(t, pooler.url).append(arrival(2))
    t.match(await direct.allSettled(2), [{ state: 'delivered' }, { state: 'delivered' }])
    t.equal(pooled.lines().filter(({ msg }) => DEAF.test(String(msg))).length, 1, 'it was said once')
  },
)
