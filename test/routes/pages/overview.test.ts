import t from 'tap'
import { jamesToken, startCampfire } from '../../../src/stand-ins/campfire.ts'
import { SECRET } from '../../gateway/running-relay.ts'
import { changed, created } from '../../gateway/tracker-says.ts'
import { administeredRelay } from '../api/administered.ts'
import { withDead } from '../api/dead-hook.ts'
import { signedIn } from './signed-in.ts'

t.test('the overview tells what did not simply arrive, with what Tracker said and why', async (t) => {
  const room = await startCampfire()
  t.teardown(() => room.close())
  const settings = { type: 'campfire', base_url: room.url, api_token: jamesToken, room_id: 42 }
  const relay = await administeredRelay(t, {
    integrations: { room: { ...settings, retry: { schedule_seconds: [1], jitter: 0 } } },
  })
  await relay.post(created(1, { story: '108', name: 'Cloak' }))
  await relay.allSettled(1)
  room.fault('lose the answer', { where: ({ method }) => method === 'POST' })
  await relay.post(created(2, { story: '109', name: 'Photon', author: 'Spock' }))
  await relay.allSettled(2)
  t.match((await relay.api('/deliveries?unusual=true')).json(), { items: [{ id: 2, activity: 2 }], next: null })
  const { text, html } = await (await signedIn(relay.url)).get('/')
  t.match(text, /What did not simply arrive, .* Spock did something room confirmed found at the target after a doubt/)
  t.match(html, '<a href="/activities/2#way-room">Spock did something</a>')
  t.notMatch(html, '/activities/1#', 'what simply arrived is not among them')
})

t.test('what was sent is shown word for word, and stories lead to Tracker', async (t) => {
  const room = await startCampfire()
  t.teardown(() => room.close())
  const relay = await administeredRelay(t, {
    projects: [{ id: '26', secret: SECRET, integrations: ['room', 'log'], story_url: 'https://tracker.example/{id}' }],
    integrations: {
      room: { type: 'campfire', base_url: room.url, api_token: jamesToken, room_id: 42 },
      log: { type: 'log' },
    },
  })
  await relay.post(created(1, { story: '109', name: 'Photon &lt;i&gt;' }))
  await relay.allSettled(2)
  const { text, html } = await (await signedIn(relay.url)).get('/activities/1')
  const words = 'James Kirk added feature "Photon <i>" https://tracker.example/109'
  t.match(text, `Announces: James Kirk created story 109. ${words} Sent as POST ${room.url}/room/42/speak.json`)
  t.match(text, 'logged: James Kirk added "Photon <i>" (feature) https://tracker.example/109')
  t.match(html, '<a href="https://tracker.example/109" rel="noreferrer">#109 in Tracker</a>')
  t.match(html, '<a href="https://tracker.example/109" rel="noreferrer">https://tracker.example/109</a>')
  t.notMatch(html, '<i>')
})

t.test('why deliveries are dead is told at once, with a link to what became of each', async (t) => {
  const { relay } = await withDead(t, 2)
  const browser = await signedIn(relay.url)
  const why = /2 deliveries were given up, the last one because: the web hook at 127\.0\.0\.1:\d+ answered 404\./
  t.match((await browser.get('/')).text, why)
  t.match((await browser.get('/integrations')).text, why)
  const { text, html } = await browser.get('/integrations/hook')
  t.match(text, why)
  t.match(html, '<a href="/activities/2#way-hook">', 'to its part of the page of the activity')
  t.match((await browser.get('/activities/2')).html, 'id="way-hook"')
})

t.test('charts say their numbers in words, and each part of the time under the pointer', async (t) => {
  const relay = await administeredRelay(t)
  await relay.post(changed(1, { story: '109', state: 'started' }))
  await relay.post(changed(2, { story: '109', state: 'finished' }))
  await relay.allSettled(2)
  const browser = await signedIn(relay.url)
  for (const [period, words] of [
    ['hour', 'Activities received by minute: 2 in all, at most [12] in a minute.'],
    ['day', 'Activities received by hour: 2 in all, at most [12] in an hour.'],
    ['week', 'Activities received by 6 hours: 2 in all, at most [12] in 6 hours.'],
  ]) {
    const { html, text } = await browser.get(`/?period=${period}`)
    t.match(html, new RegExp(`aria-label="${words}"`))
    t.match(text, /\d{4}-\d\d-\d\d \d\d:\d\d UTC: [12] .*on average, .* at most/)
    t.match(html, /<path class="soft" [^>]*d="M[\d.]+ [\d.]+(h|L)/, 'also a latency that stands alone is drawn')
  }
})
