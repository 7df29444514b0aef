import { randomBytes } from 'node:crypto'
import pg from 'pg'
import t from 'tap'
import { openStore, type Store } from '../../src/store/store.ts'
import { type Cluster, openCluster, run } from '../connectors/other/postgres-cluster.ts'

interface Teardown {
  teardown(work: () => Promise<void> | void): void
}

let cluster: Promise<Cluster> | null = null

/** The server of this test file, which ends with it. */
export function sharedCluster(): Promise<Cluster> {
  cluster ??= openCluster().then((opened) => {
    t.teardown(opened.close)
    return opened
  })
  return cluster
}

let template: Promise<string> | null = null

/** The address of a database of the test's own. `migrated`: it has its tables, which are made once for each test file. */
export async function freshPostgres(t: Teardown, content: 'empty' | 'migrated' = 'migrated'): Promise<string> {
  const { url } = await sharedCluster()
  if (content === 'empty') return await createDatabase(t, url, 'relay_test')
  template ??= makeTemplate(url)
  return await createDatabase(t, url, 'relay_test', await template)
}

async function makeTemplate(serverUrl: string): Promise<string> {
  const url = await createDatabase(t, serverUrl, 'relay_template')
  const store = openStore({ client: 'postgres', file: '', url })
  await store.migrate()
  await store.close()
  return new URL(url).pathname.slice(1)
}

/** @param prefix also tells in the server's log what the database was for */
export async function createDatabase(
  t: Teardown,
  serverUrl: string,
  prefix: string,
  template = 'template1',
): Promise<string> {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`
  await run(serverUrl, `create database ${name} template ${template}`)
  t.teardown(async () => void (await run(serverUrl, `drop database ${name} with (force)`)))
  const created = new URL(serverUrl)
  created.pathname = `/${name}`
  return created.href
}

/** How the server's clock of one database is set. */
export interface ServerClock {
  /** The address by which it is the server's clock. */
  readonly url: string
  set(ms: number): Promise<void>
}

/** Gives a database a clock that stands still until it is set. */
export async function settableClock(t: Teardown, url: string, at: number): Promise<ServerClock> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  await client.query(
    `create schema fake;
     create table fake.clock (at bigint);
     insert into fake.clock values (${at});
     create function fake.clock_timestamp() returns timestamptz language sql volatile
       as 'select to_timestamp(at / 1000.0) from fake.clock'`,
  )
  const withClock = new URL(url)
  // PostgreSQL looks into pg_catalog first only if it is not named.
  withClock.searchParams.set('options', '-c search_path=public,fake,pg_catalog')
  return {
    url: withClock.href,
    set: async (ms) => void (await client.query('update fake.clock set at = $1', [ms])),
  }
}

/**
 * A store whose server has the time that each call tells, as if there were one clock: for tests that hand in the time.
 * Calls that are made together tell the same time.
 */
export function byItsCallersClock(store: Store, set: (ms: number) => Promise<void>): Store {
  let at: number | null = null
  let isSet: Promise<void> = Promise.resolve()
  return new Proxy(store, {
    get(target, verb: keyof Store) {
      const work = target[verb]
      const timeIn = TIMES[verb]
      if (typeof work !== 'function' || timeIn === undefined) return work
      return async (...args: never[]) => {
        const told = timeIn(...args)
        if (told !== at) {
          at = told
          isSet = set(told)
        }
        await isSet
        return await (work as (...args: never[]) => unknown)(...args)
      }
    },
  })
}

/** What each verb calls the present time. */
const TIMES: { readonly [V in keyof Store]?: (...args: never[]) => number } = {
  append: ({ receivedAt }: { receivedAt: number }) => receivedAt,
  take: ({ now }: { now: number }) => now,
  settle: ({ endedAt }: { endedAt: number }) => endedAt,
  extend: (_taken: unknown, _until: number, now: number) => now,
  firstDoubt: (_name: string, _except: unknown, now: number) => now,
  nextDue: (_name: string, now: number) => now,
  expire: ({ now }: { now: number }) => now,
  replay: (_choice: unknown, now: number) => now,
  replayThose: (_ids: unknown, _who: string, now: number) => now,
  skip: ({ now }: { now: number }) => now,
  moveOpen: ({ now }: { now: number }) => now,
  claimReplay: ({ now }: { now: number }) => now,
  stepReplay: (_hold: unknown, { now }: { now: number }) => now,
  stepPlanAnew: (_hold: unknown, { now }: { now: number }) => now,
  saveBreaker: (_name: string, _fingerprint: string, _breaker: unknown, now: number) => now,
  saveResume: (_name: string, now: number) => now,
  bringBackDueDates: ({ now }: { now: number }) => now,
  bucket: (_name: string, now: number) => now,
  claimDuty: ({ now }: { now: number }) => now,
  integrationStates: (now = 0) => now,
}
