import t from 'tap'
import { eventually } from '../../gateway/eventually.ts'
import { changed, commented, created } from '../../gateway/tracker-says.ts'
import { administeredRelay } from '../api/administered.ts'
import { withDead } from '../api/dead-hook.ts'
import { signedIn } from './signed-in.ts'

const XSS = '<img src=x onerror="alert(1)">'
const ESCAPED = XSS.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
const two = { log: { type: 'log' }, quiet: { type: 'log' } }

t.test('an empty list says what to do next', async (t) => {
  const relay = await administeredRelay(t)
  const browser = await signedIn(relay.url)
  t.match((await browser.get('/activities')).text, 'No activity yet. Show Tracker the way')
  const { text, html } = await browser.get('/activities?state=held&text=kirk')
  t.match(text, 'Nothing matches. Remove the filter kirk or held')
  t.match(html, 'href="/activities?text=kirk"')
})

t.test('the list leads with what Tracker said, and has a column for each integration', async (t) => {
  const relay = await administeredRelay(t, { integrations: two })
  await relay.api('/integrations/quiet/pause', { method: 'POST', body: { reason: 'moving house' } })
  await relay.post(created(1, { story: '109', name: 'Photon' }))
  await relay.post(changed(2, { story: '110', state: 'planned' }))
  await eventually(relay.deliveries, (all) => all.filter(({ state }) => state === 'delivered').length === 1, 'one')
  const browser = await signedIn(relay.url, 'read')
  const { status, html, text } = await browser.get('/activities')
  t.equal(status, 200)
  t.match(html, /<th scope="col" class="way">log<\/th><th scope="col" class="way">quiet<\/th>/)
  t.match(
    text,
    /#110 James Kirk did something not concerned not concerned .*#109 James Kirk did something delivered pending/,
  )
  t.match(html, /<tr id="activity-1" data-row="1">/)
  t.match((await browser.get('/activities?integration=quiet&state=open')).text, /#109/)
  const none = await browser.get('/activities?integration=quiet&state=dead')
  t.match(none.text, 'Only those of quiet, that are dead.')
  t.match(none.html, /<button type="button" disabled[^>]*>Skip these…/, 'a reader cannot')
  const ofStory = await browser.get('/activities?story=110')
  t.match(ofStory.text, '#110')
  t.notMatch(ofStory.text, '#109')
  t.notMatch((await browser.get('/activities?to=2009-01-01')).text, '#109')
})

t.test('with many integrations, their names stand in the rows', async (t) => {
  const names = Array.from({ length: 9 }, (_, at) => `log${at}`)
  const relay = await administeredRelay(t, {
    integrations: Object.fromEntries(names.map((name) => [name, { type: 'log' }])),
  })
  await relay.post(created(1, { story: '109', name: 'Photon' }))
  await relay.allSettled(9)
  const { html, text } = await (await signedIn(relay.url)).get('/activities')
  t.notMatch(html, 'class="way"')
  t.match(text, 'log0 delivered log1 delivered')
})

t.test('older activities are on the next page', async (t) => {
  const relay = await administeredRelay(t)
  for (let number = 1; number <= 51; number += 1) await relay.post(changed(number, { story: '109', state: 'planned' }))
  const browser = await signedIn(relay.url)
  const first = await browser.get('/activities?project=26')
  const [, older = ''] = /href="([^"]+cursor=[^"]+)">Older/.exec(first.html) ?? []
  const second = await browser.get(older.replaceAll('&amp;', '&'))
  t.match(second.html, /id="activity-1"/)
  t.notMatch(second.html, /id="activity-2"|data-live/)
  t.match(second.text, 'To the newest')
})

t.test('what comes from outside is only text', async (t) => {
  const relay = await administeredRelay(t, { integrations: two })
  const said = XSS.replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  await relay.post(created(1, { story: '109', name: said, author: said }))
  await relay.post(commented(2, { story: '109', text: said, author: said }))
  await relay.allSettled(4)
  const browser = await signedIn(relay.url)
  const paths = [
    '/activities',
    '/activities/2',
    `/activities?text=${encodeURIComponent(XSS)}&integration=${encodeURIComponent('<i>')}`,
  ]
  for (const path of [...paths, '/activities/2/send-again?delivery=3', '/activities/2/plan-anew']) {
    const { html, status } = await browser.get(path)
    t.equal(status, 200, path)
    t.notMatch(html, '<img', path)
    t.ok(html.includes('&lt;img src=x'), path)
  }
  t.ok((await browser.get('/activities/1')).html.includes(ESCAPED.slice(0, 20)))
})

t.test('an activity is shown with its way, its attempts and their answers, and its body', async (t) => {
  const { relay } = await withDead(t, 1)
  const browser = await signedIn(relay.url)
  const { html, text } = await browser.get('/activities/1')
  t.match(html, '<title>hook dead: James Kirk did something – Tracker Relay</title>')
  t.match(text, 'It concerns 1 of 1 integration: 1 was given up. One needs you: hook.')
  t.match(text, /1st attempt failed : 404 in .* Sent and answered POST http.*2nd attempt failed, given up/)
  t.match(text, 'webhook-id: dlv_')
  t.match(text, /Passes on the activity itself\./)
  t.match(html, /href="\/activities\/1\/send-again\?delivery=1">Send again…<span class="vh"> \(hook\)/)
  t.match(text, '<event_type>note_create</event_type>')
  const body = await relay.get('/activities/1/body')
  t.equal(body.status, 200, 'the sign-in page')
  const download = await browser.get('/activities/1/body')
  t.equal(download.html, commented(1, { story: '1', text: 'x' }))
  const missing = await browser.get('/activities/77')
  t.match([missing.status, missing.text], [404, 'activity 77 does not exist'])
})

t.test('why nothing was planned is said', async (t) => {
  const relay = await administeredRelay(t)
  await relay.post(changed(1, { story: '110', state: 'planned' }))
  const { text } = await (await signedIn(relay.url)).get('/activities/1')
  t.match(text, 'It concerns none of 1 integration.')
  t.match(text, /log Log not concerned|log not concerned/)
  t.match(text, 'Nothing, since log does not pass on the state "planned" of story 110, or its settings leave it out.')
})

t.test('one delivery is sent again, or skipped with a reason, after a question', async (t) => {
  const { relay, receiver } = await withDead(t, 2)
  const browser = await signedIn(relay.url)
  t.match((await browser.get('/activities/1/skip?delivery=1')).text, 'Skip it for hook?')
  const unsaid = await browser.submit('/activities/1/skip', { delivery: '1', reason: ' ' })
  t.match([unsaid.status, unsaid.text], [400, 'A reason is missing'])
  const skipped = await browser.follow('/activities/1/skip', { delivery: '1', reason: 'a tribble' })
  t.match(skipped.text, 'The delivery was skipped')
  t.match(skipped.text, 'a tribble')
  receiver.standIn.down(null)
  t.match((await browser.get('/activities/2/send-again?delivery=2')).text, 'Send it to hook again?')
  const foreign = await browser.get('/activities/2/send-again?delivery=1')
  t.match([foreign.status, foreign.text], [404, 'Delivery 1 does not belong to activity 2.'])
  t.match((await browser.follow('/activities/2/send-again', { delivery: '2' })).text, 'in the queue again')
  await eventually(relay.deliveries, (all) => all[1]?.state === 'delivered', 'sent again')
  t.match((await browser.get('/activities/2/send-again?delivery=2')).text, 'it arrives a second time')
})

t.test('what a list is narrowed to is counted, and then sent again or skipped', async (t) => {
  const { relay, receiver } = await withDead(t, 3)
  const browser = await signedIn(relay.url)
  t.match((await browser.get('/activities/send-again?state=dead')).text, /Send 3 deliveries again\?.*hook dead 3/)
  t.match((await browser.get('/activities/skip?state=dead&story=2')).text, 'Skip 1 delivery?')
  const skipped = await browser.follow('/activities/skip', { state: 'dead', story: '2', reason: 'gone' })
  t.match(skipped.text, '1 delivery was skipped.')
  t.match((await browser.get('/activities/skip?integration=hook')).text, 'Nothing to skip')
  receiver.standIn.down(null)
  const { status, location } = await browser.submit('/activities/send-again', { integration: 'hook', states: 'dead' })
  t.match([status, location], [303, '/replays/1'])
  await eventually(relay.deliveries, (all) => all.filter(({ state }) => state === 'delivered').length === 2, 'both')
  const again = await browser.get('/activities/send-again?chosen=yes&state_delivered=yes&state_skipped=yes')
  t.match(again.text, /Send 3 deliveries again\? .* arrives a second time/)
})

t.test('an activity is planned anew after its deliveries are counted', async (t) => {
  const { relay, receiver } = await withDead(t, 1)
  const browser = await signedIn(relay.url)
  t.match((await browser.get('/activities/1/plan-anew')).text, '1 delivery would go into the queue')
  receiver.standIn.down(null)
  const { location } = await browser.submit('/activities/1/plan-anew')
  t.equal(location, '/replays/1')
  await eventually(relay.deliveries, (all) => all.every(({ state }) => state === 'delivered'), 'planned anew')
  t.match((await browser.get('/activities/1/plan-anew')).text, 'Planned anew, nothing would be sent')
  t.match((await browser.get('/activities/1/plan-anew?again=yes')).text, '1 delivery would go into the queue')
})

t.test('nothing is done by a reader, or by another site', async (t) => {
  const { relay } = await withDead(t, 1)
  const operator = await signedIn(relay.url)
  const reader = await signedIn(relay.url, 'read')
  t.match((await reader.get('/activities/1')).html, /<button type="button" disabled[^>]*>Send again…/)
  const actions = {
    '/activities/1/send-again': { delivery: '1' },
    '/activities/1/skip': { delivery: '1', reason: 'x' },
    '/activities/1/plan-anew': {},
    '/activities/1/try/hook': {},
    '/activities/send-again': { states: 'dead' },
    '/activities/skip': { state: 'dead', reason: 'x' },
  }
  for (const [path, fields] of Object.entries(actions)) {
    t.equal((await reader.submit(path, fields)).status, 403, path)
    t.equal((await operator.forge(path, fields)).status, 403, path)
  }
  t.match(await relay.deliveries(), [{ state: 'dead' }])
})
