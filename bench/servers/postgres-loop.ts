import pg from 'pg'
import { Pool } from 'undici'
import { body, CONTENT_TYPES, FIRST_NUMBER, STORIES, storyOf } from '../bodies.ts'
import { now } from '../clock.ts'
import { listenByHand, type Numbered } from './route-by-hand.ts'

/**
 * What PostgreSQL allows whoever writes by hand and in sets: node postgres-loop.js append DATABASE ACTIVITIES BATCH appends
 * the rows that an activity makes into the relay's own tables, ... route DATABASE does so with what is posted to it before
 * it answers, and ... drain DATABASE TARGET BATCH takes what is due, posts it and settles it, each with a commit for every
 * batch. Leases, locks, doubts, retries, counts and whatever else the
 * relay promises are left out; the order of stories is kept, since nothing else would be comparable.
 */
const [, , what = '', url = '', ...rest] = process.argv
const client = new pg.Client({ connectionString: url })
await client.connect()

const APPEND = `with given as (select * from jsonb_to_recordset($1::jsonb) as g (n bigint, raw text, at bigint, story text)),
    activity as (insert into activities (id, project_id, key, kind, content_type, raw, occurred_at, received_at)
      select n, '26', '26:' || n, 'story_update', 'application/xml', convert_to(raw, 'UTF8'), 1260828729000, at from given),
    delivery as (insert into deliveries
        (id, activity_id, key, project_id, integration, story_id, kind, effect, lanes, state, created_at, due_at)
      select n, n, 'dlv_' || lpad(n::text, 24, '0'), '26', 'hook', null, 'forward', '{"kind":"forward"}',
        '["26:' || story || '"]', 'pending', at, at from given)
  insert into lane_entries (integration, lane, delivery_id) select 'hook', '26:' || story, n from given`

async function insert(numbered: readonly Numbered[]): Promise<void> {
  const rows = numbered.map(({ n, raw }) => ({
    ...{ n, raw: raw.toString(), at: Date.now() },
    story: String(storyOf(n, STORIES)),
  }))
  await client.query({ name: 'append', text: APPEND, values: [JSON.stringify(rows)] })
}

async function append(activities: number, batch: number): Promise<void> {
  const began = now()
  for (let first = FIRST_NUMBER; first < FIRST_NUMBER + activities; first += batch) {
    const length = Math.min(batch, FIRST_NUMBER + activities - first)
    await insert(Array.from({ length }, (_, index) => ({ n: first + index, raw: body('xml', first + index) })))
  }
  process.send?.({ perSecond: (activities / (now() - began)) * 1000 })
}

const TAKE = `with found as (select id from deliveries where integration = 'hook' and due_at <= $1 and state <> 'delivering'
      order by due_at, id limit $2 for update skip locked)
  update deliveries set state = 'delivering', due_at = $1 + 60000, attempts = attempts + 1 from found
  where deliveries.id = found.id returning deliveries.id, deliveries.lanes,
    (select raw from activities where activities.id = deliveries.activity_id) as raw`

const SETTLE = `with given as (select * from jsonb_to_recordset($1::jsonb) as g (id bigint, lane text, sent text)),
    settled as (update deliveries set state = 'delivered', due_at = null, settled_at = $2 from given
      where deliveries.id = given.id),
    attempt as (insert into attempts (delivery_id, number, started_at, duration_ms, outcome, note, exchanges)
      select id, 1, $2, 1, 'delivered', 'answered 204', sent from given)
  delete from lane_entries using given
  where lane_entries.integration = 'hook' and lane_entries.lane = given.lane and lane_entries.delivery_id = given.id`

const MOVE_UP = `update deliveries set due_at = $2 where due_at is null and id = any(array(
  select (select min(delivery_id) from lane_entries where integration = 'hook' and lane_entries.lane = given.lane)
  from unnest($1::text[]) as given (lane)))`

interface Row {
  readonly id: number
  readonly lanes: string
  readonly raw: Buffer
}

async function drain(target: string, batch: number): Promise<void> {
  const { origin, pathname: path } = new URL(target)
  const pool = new Pool(origin, { connections: batch, pipelining: 1 })
  const headers = { 'content-type': CONTENT_TYPES.xml }
  for (;;) {
    const at = Date.now()
    const { rows } = await client.query<Row>({ name: 'take', text: TAKE, values: [at, batch] })
    if (rows.length === 0) break
    await Promise.all(
      rows.map(async ({ raw }) => {
        const answer = await pool.request({ path, method: 'POST', headers, body: raw })
        await answer.body.dump()
      }),
    )
    const settled = rows.map(({ id, lanes, raw }) => ({
      id,
      lane: (JSON.parse(lanes) as string[])[0],
      sent: JSON.stringify([{ method: 'POST', requestBody: raw.toString(), status: 204 }]),
    }))
    await client.query('begin')
    await client.query({ name: 'settle', text: SETTLE, values: [JSON.stringify(settled), at] })
    await client.query({ name: 'move up', text: MOVE_UP, values: [settled.map(({ lane }) => lane), at] })
    await client.query('commit')
  }
  await pool.close()
}

process.on('disconnect', () => process.exit(0))
if (what === 'append') await append(Number(rest[0]), Number(rest[1]))
else if (what === 'route') process.send?.({ origin: await listenByHand(insert) })
else {
  process.send?.('ready')
  process.once('message', () => void drain(rest[0] ?? '', Number(rest[1])).then(() => client.end()))
}
