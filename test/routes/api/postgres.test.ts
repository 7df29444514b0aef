import t from 'tap'
import { withoutPostgres } from '../../connectors/other/postgres-cluster.ts'
import { eventually } from '../../gateway/eventually.ts'
import { changed, commented } from '../../gateway/tracker-says.ts'
import { freshPostgres } from '../../store/postgres.ts'
import { administeredRelay } from './administered.ts'

t.setTimeout(300_000)

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test('on PostgreSQL the API answers alike, and another relay learns what was done', { skip }, async (t) => {
  const url = await freshPostgres(t)
  const database = { client: 'postgres', url }
  const [relay, other] = [await administeredRelay(t, { database }), await administeredRelay(t, { database })]
  await relay.post(changed(1, { story: '109', state: 'started' }))
  await relay.post(commented(2, { story: '110', text: 'Aye' }))
  await relay.post('hello')
  await relay.allSettled(2)
  t.match((await other.api('/activities')).json(), {
    items: [{ id: 2 }, { id: 1, deliveries: { delivered: 1 } }],
    next: null,
  })
  t.match((await other.api('/activities?text=kirk+109')).json(), { items: [{ id: 1 }] })
  t.match((await other.api('/activities/1')).json(), { integrations: [{ why: '1 delivery: delivered.' }] })
  t.match((await other.api('/deliveries?story=110&from=2020-01-01T00:00:00Z')).json(), {
    items: [{ story: '110', state: 'delivered' }],
  })
  t.match((await other.api('/deliveries?state=dead')).json(), { items: [], next: null })
  t.match((await other.api('/deliveries?text=aye')).json(), { items: [], next: null })
  t.match((await other.api('/deliveries/1')).json(), { attempts_made: [{ outcome: 'delivered' }] })
  t.match((await other.api('/rejected')).json(), { items: [{ reason: 'not an activity' }] })
  t.match(
    (await other.api('/links/26/109', { method: 'PUT', body: { external_id: 'ENT-1', system: 'jira' } })).json(),
    { external_id: 'ENT-1' },
  )
  t.match((await relay.api('/links?ticket=ENT-1')).json(), { items: [{ story: '109' }] })
  t.match((await other.api('/integrations/log/pause', { method: 'POST' })).json(), { standing: { state: 'paused' } })
  t.match((await relay.api('/integrations')).json(), {
    items: [{ standing: { state: 'paused' }, deliveries: { delivered: 2 } }],
  })
  await eventually(
    async () => relay.relay.workers().map((worker) => worker.standing().pausedReason),
    ([reason]) => reason === 'paused by the operator',
    'the other relay has noticed the pause',
  )
  await relay.api('/deliveries/1/replay', { method: 'POST' })
  t.match((await other.api('/deliveries?state=pending')).json(), { items: [{ id: 1 }] })
  await relay.api('/integrations/log/resume', { method: 'POST' })
  await relay.allSettled(2)
})
