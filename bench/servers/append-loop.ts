import { rmSync } from 'node:fs'
import { body, FIRST_NUMBER, STORIES, storyOf } from '../bodies.ts'
import { now } from '../clock.ts'
import { openFile } from '../sqlite.ts'
import { listenByHand, type Numbered } from './route-by-hand.ts'

/**
 * What SQLite alone can do: node append-loop.js FILE ROWS BATCH appends the rows that an activity makes into the relay's own
 * tables, a batch a commit, each commit with an fsync. No request, no parsing, no look for what is there already. And what
 * it can do behind a route: node append-loop.js FILE route does so with what is posted to it before it answers.
 */
const [, , file = '', rows = '', batch = ''] = process.argv
const database = await openFile(file)
const PRAGMAS = ['journal_mode = wal', 'synchronous = full', 'fullfsync = on', 'checkpoint_fullfsync = on']
for (const pragma of [...PRAGMAS, 'wal_autocheckpoint = 4000', 'foreign_keys = on'])
  await database.all(`pragma ${pragma}`)

const ACTIVITIES = `insert into activities (id, project_id, key, kind, content_type, raw, occurred_at, received_at)
  select value->>0, '26', value->>1, 'story_update', 'application/xml', cast(value->>2 as blob), 1260828729000, value->>3
  from json_each(?)`
const DELIVERIES = `insert into deliveries
    (id, activity_id, key, project_id, integration, story_id, kind, effect, lanes, state, created_at, due_at)
  select value->>0, value->>0, 'dlv_' || printf('%024d', value->>0), '26', 'hook', null, 'forward', '{"kind":"forward"}',
    '["26:' || (value->>4) || '"]', 'pending', value->>3, value->>3
  from json_each(?)`
const LANES = `insert into lane_entries (integration, lane, delivery_id)
  select 'hook', '26:' || (value->>4), value->>0 from json_each(?)`

async function insert(numbered: readonly Numbered[]): Promise<void> {
  const json = JSON.stringify(
    numbered.map(({ n, raw }) => [n, `26:${n}`, raw.toString(), Date.now(), storyOf(n, STORIES)]),
  )
  await database.all('begin immediate')
  for (const statement of [ACTIVITIES, DELIVERIES, LANES]) await database.all(statement, [json])
  await database.all('commit')
}

async function loop(length: number): Promise<void> {
  const began = now()
  for (let first = FIRST_NUMBER; first < FIRST_NUMBER + Number(rows); first += length)
    await insert(Array.from({ length }, (_, index) => ({ n: first + index, raw: body('xml', first + index) })))
  const perSecond = (Number(rows) / (now() - began)) * 1000
  await database.close()
  rmSync(file)
  process.send?.({ perSecond })
  process.disconnect?.()
}

process.on('disconnect', () => process.exit(0))
if (rows === 'route') process.send?.({ origin: await listenByHand(insert) })
else await loop(Number(batch))
