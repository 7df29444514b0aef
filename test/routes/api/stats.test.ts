import t from 'tap'
import { NO_STAT } from '../../../src/store/stats.ts'
import { openStore } from '../../../src/store/store.ts'
import { commented } from '../../gateway/tracker-says.ts'
import { administeredRelay, READER } from './administered.ts'

t.test('what was done is told by minute, hour and day', async (t) => {
  const { api, store } = await administeredRelay(t)
  const at = Date.now()
  await store.addStats([
    { ...NO_STAT, at, integration: '', received: 2 },
    { ...NO_STAT, at, integration: 'log', delivered: 2, latencyMs: 50, slowestMs: 40 },
  ])
  for (const by of ['minute', 'hour', 'day']) {
    const answer = await api(`/stats?by=${by}`, { token: READER })
    t.equal(answer.status, 200)
    t.match(answer.json(), {
      items: [
        { integration: null, received: 2, latency_ms: null, slowest_ms: null },
        { integration: 'log', delivered: 2, latency_ms: 25, slowest_ms: 40 },
      ],
    })
  }
  t.match((await api('/stats?by=day&integration=log')).json(), { items: [{ integration: 'log' }] })
  t.strictSame((await api('/stats?by=day&to=2009-01-01T00:00:00Z')).json(), { items: [] })
  t.equal((await api('/stats?by=minute&from=2009-01-01T00:00:00Z')).status, 400)
  t.equal((await api('/stats')).status, 400)
  t.match((await api('/stats/rebuild', { method: 'POST' })).json(), { rows: 0 })
  t.equal((await api('/stats/rebuild', { method: 'POST', token: READER })).status, 403)
})

t.test('a relay that stops writes what it has counted', async (t) => {
  const relay = await administeredRelay(t)
  await relay.post(commented(1, { story: '109', text: 'Engage' }))
  await relay.allSettled(1)
  await relay.stop()
  const store = openStore({ client: 'sqlite', file: `${relay.folder}/relay.db` })
  t.teardown(() => store.close())
  t.match(await store.stats({ period: 'day', from: 0, until: Date.now() + 1 }), [
    { integration: '', received: 1 },
    { integration: 'log', delivered: 1 },
  ])
})
