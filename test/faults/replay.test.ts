import { join } from 'node:path'
import t from 'tap'
import { startReplay } from '../../src/operations/replays.ts'
import { jamesToken, startCampfire } from '../../src/stand-ins/campfire.ts'
import { type DatabaseSettings, openDatabase } from '../../src/store/database.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { freshFolder, writeConfig } from '../gateway/running-relay.ts'
import { bothKinds } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { roundsOf } from './ordeal.ts'
import { startRelayProcess } from './relay-process.ts'

t.setTimeout(300_000)

const COUNT = 10_000
/** So many of them go to a target that can be asked; the others wait at one that is paused. */
const ASKED = 100
const LEASE_MS = 500
const FAST = 10_000
/** With pauses, in which another process gets at the database. */
const SLOWER = 2000
/** Parts of what is left. */
const KILLED_AT = roundsOf(1) > 1 ? [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] : [0.3]
const what = { type: 'deliveries', selection: { states: ['dead'] } } as const

for (const kind of await bothKinds(t))
  t.test(
    `a replay of 10,000 on ${kind.name} can be cancelled, survives kill -9, and releases and sends each once`,
    async (t) => {
      const room = await startCampfire({ rateLimit: { requests: 100_000, windowMs: 1000 } })
      t.teardown(() => room.close())
      const folder = freshFolder(t)
      const url = await kind.fresh()
      const path = writeConfig(folder, {
        ...(url === null ? {} : { database: { client: 'postgres', url } }),
        integrations: {
          room: { type: 'campfire', base_url: room.url, api_token: jamesToken, room_id: 42 },
          bulk: { type: 'log' },
        },
      })
      const settings: DatabaseSettings =
        url === null ? { client: 'sqlite', file: join(folder, 'relay.db') } : { client: 'postgres', file: '', url }
      const store = openStore(settings)
      t.teardown(() => store.close())
      await store.migrate()
      await fill(settings)
      await store.savePause('bulk', null, 'so that they wait', Date.now())
      const job = (id: number) => store.replayJob(id)

      let relay = await startRelayProcess(t, path, LEASE_MS)
      const first = await startReplay(store, { who: 'kirk', what, perSecond: SLOWER }, Date.now())
      t.equal(first.total, COUNT)
      await eventually(async () => ((await job(first.id))?.released ?? 0) >= 400, 'the job begins')
      await store.cancelReplay(first.id, 'kirk', Date.now())
      const cancelled = await job(first.id)
      t.match(cancelled, { state: 'cancelled' })

      const rest = COUNT - (cancelled?.released ?? 0)
      t.ok(rest > 2000, `${rest} of them were left`)
      const second = await startReplay(store, { who: 'kirk', what, perSecond: FAST }, Date.now())
      t.equal(second.total, rest, 'a cancelled job releases nothing more')
      for (const part of KILLED_AT) {
        await eventually(async () => ((await job(second.id))?.released ?? 0) > part * rest, 'the job goes on')
        await relay.end('SIGKILL')
        t.match(await job(second.id), { state: 'running' }, 'it was killed in the middle')
        relay = await startRelayProcess(t, path, LEASE_MS)
      }
      await eventually(async () => (await job(second.id))?.state === 'done', 'the job ends')
      t.match(await job(second.id), { released: rest, looked: rest, leftAlone: 0 })
      t.match(await job(first.id), cancelled ?? {}, 'the cancelled one has not gone on')
      await eventually(async () => (await countOf(store, 'room delivered')) === ASKED, 'all are sent that can be')
      t.equal(await countOf(store, 'bulk pending'), COUNT - ASKED)
      const said = room.messages(42).map(({ body }) => body ?? '')
      t.equal(said.length, ASKED)
      t.equal(new Set(said).size, ASKED, 'nothing was said twice')
      await relay.end('SIGTERM')
    },
  )

/** What a long outage leaves; those that can be asked about are spread among the others. */
async function fill(settings: DatabaseSettings): Promise<void> {
  const { writer, close } = openDatabase(settings)
  const numbers = `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${COUNT})`
  const integration = `case when n % ${COUNT / ASKED} = 0 then 'room' else 'bulk' end`
  // The two databases call the functions for JSON differently.
  const effect = `'{"kind":"announce","what":"commented","storyId":"' || (n % 500) || '","author":"Kirk","text":"number ' || n || '"}'`
  for (const sql of [
    `insert into activities (id, project_id, key, kind, raw, occurred_at, received_at)
       ${numbers} select n, '26', '26:' || n, 'note_create', cast('<activity/>' as ${settings.client === 'sqlite' ? 'blob' : 'bytea'}), 1000, 1000 from numbers`,
    `insert into deliveries (id, activity_id, key, project_id, integration, story_id, kind, effect, lanes, state,
         created_at, attempts, settled_at, note)
       ${numbers} select n, n, 'dlv_' || n, '26', ${integration}, n % 500, 'announce', ${effect},
         '["26:' || (n % 500) || '"]', 'dead', 1000, 1, 2000, 'given up' from numbers`,
    `insert into delivery_counts (integration, state, slot, count)
       select integration, state, 0, count(*) from deliveries group by integration, state`,
  ])
    await writer.raw(sql)
  await close()
}

async function countOf(store: Store, wanted: string): Promise<number> {
  const found = (await store.counts()).find(({ integration, state }) => `${integration} ${state}` === wanted)
  return found?.count ?? 0
}
