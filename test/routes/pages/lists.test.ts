import t from 'tap'
import { changed } from '../../gateway/tracker-says.ts'
import { BEACON_PROJECT, beacon, beaconRequest } from '../../sources/beacon.ts'
import { administeredRelay } from '../api/administered.ts'
import { signedIn } from './signed-in.ts'

const EVIL = '<img src=x onerror=alert(1)>"\'&'

t.test('a link is set in a form, found by its ticket, and forgotten after a question', async (t) => {
  const relay = await administeredRelay(t, {
    integrations: { jira: { type: 'jira', base_url: 'http://127.0.0.1:9', personal_access_token: 'abcdefgh' } },
  })
  const browser = await signedIn(relay.url)
  const empty = await browser.get('/links?project=26&story=109')
  t.match(empty.text, /Nothing matches\. Search for less, or set this link below/)
  t.match(empty.html, /name="story" value="109" required/, 'the form is filled in')
  t.match((await browser.get('/links')).text, /No link yet\. They come with the activities/)
  const about = { project: '26', story: '109', integration: 'jira' }
  const set = await browser.follow('/links', { ...about, ticket: 'TEST-7', url: 'http://127.0.0.1:9/browse/TEST-7' })
  t.match(set.text, /The link is set\..*#109 26 TEST-7 jira a person/)
  t.match(set.html, '<a href="http://127.0.0.1:9/browse/TEST-7" rel="noreferrer">TEST-7</a>')
  await browser.follow('/links', { ...about, story: '110', ticket: EVIL })
  const odd = await browser.get(`/links?ticket=${encodeURIComponent(EVIL)}`)
  t.match(odd.text, /#110 26 <img src=x/)
  t.notMatch(odd.html, '<img')
  t.notMatch(odd.text, '#109')
  t.match((await browser.follow('/links', { ...about, story: '111', none: 'yes' })).text, /has no ticket.*has none/)
  t.match((await browser.get('/links/26/109/forget')).text, /Forget the link of story 109\?.*TEST-7 in jira/)
  t.match((await browser.follow('/links/26/109/forget')).text, /The link is forgotten/)
  t.equal((await relay.api('/links/26/109')).status, 404)
})

t.test('a link that cannot be set says why, and keeps what was typed', async (t) => {
  const relay = await administeredRelay(t)
  const browser = await signedIn(relay.url)
  const refused = await browser.submit('/links', { project: '99', story: '1', ticket: EVIL })
  t.equal(refused.status, 400)
  t.match(refused.text, /99/)
  t.match(refused.html, 'value="&lt;img src=x onerror=alert(1)>&quot;')
  t.notMatch(refused.html, '<img')
  t.match((await browser.submit('/links', { project: '26', story: '1' })).text, /Nothing was set: give a project/)
})

t.test('a rejected request is shown with its reason and body, mended, and handed in again', async (t) => {
  const relay = await administeredRelay(t)
  const browser = await signedIn(relay.url)
  t.match((await browser.get('/rejected')).text, /Nothing rejected: every request was an activity\./)
  const good = changed(1, { story: '109', state: 'started' })
  await relay.post(good.replace('</activity>', `<!-- ${EVIL} -->`))
  const list = await browser.get('/rejected')
  t.match(list.html, /<title>1 rejected/)
  t.match((await browser.get('/rejected?reason=too+large')).text, /Nothing matches\. Remove a filter/)
  const one = await browser.get('/rejected/1')
  t.match(one.text, /Request 1 .*Hand in again.*content-type/)
  t.notMatch(one.html, '<img')
  const again = await browser.submit('/rejected/1/hand-in', { body: '<activity>still wrong', project: '26' })
  t.equal(again.status, 400)
  t.match(again.text, /Refused again: .*<activity>still wrong/, 'what was typed stays')
  const done = await browser.follow('/rejected/1/hand-in', { body: good.replaceAll('\n', '\r\n'), project: '26' })
  t.match(done.text, /Handed in: it is activity 1 now/)
  t.equal((await relay.store.activity(1))?.raw.toString(), good, 'with the line ends that it had')
  t.match((await relay.api('/rejected')).json(), { items: [] })
})

t.test('a body that is not text is shown as base64, handed in as it is, and deleted after a question', async (t) => {
  const relay = await administeredRelay(t)
  await relay.post(Buffer.from([0x3c, 0xff, 0xfe, 0x00]))
  const browser = await signedIn(relay.url)
  const one = await browser.get('/rejected/1')
  t.match(one.text, /Body, as base64 It is not text in UTF-8.*PP\/\+AA==/)
  t.notMatch(one.html, '<textarea')
  t.match((await browser.submit('/rejected/1/hand-in', { project: '26' })).text, /Refused again/)
  t.match((await browser.get('/rejected/1/delete')).text, /Delete rejected request 1\?.*4 bytes is deleted for good/)
  t.match((await browser.follow('/rejected/1/delete')).text, /The rejected request is deleted\..*Nothing rejected/)
})

t.test('a replay shows how far it is and what was chosen, and is cancelled after a question', async (t) => {
  const relay = await administeredRelay(t)
  const browser = await signedIn(relay.url)
  t.match((await browser.get('/replays')).text, /No replay yet\. Start one from a filtered list/)
  for (const number of [1, 2, 3, 4, 5, 6, 7, 8])
    await relay.post(changed(number, { story: `${number}`, state: 'started' }))
  await relay.allSettled(8)
  await relay.api('/replays', {
    method: 'POST',
    body: { deliveries: { states: ['delivered'], integration: 'log' }, per_second: 1 },
  })
  const list = await browser.get('/replays')
  t.match(list.text, /1 Delivered deliveries, of log running \d+ of 8 kirk/)
  t.match(list.html, /<progress value="\d" max="8"/)
  t.match((await browser.get('/replays/1/cancel')).text, /Cancel replay 1\? .* of 8 are left out then/)
  const cancelled = await browser.follow('/replays/1/cancel')
  t.match(cancelled.text, /The replay is cancelled: nothing more.*1 a second at most/)
  t.match(cancelled.html, /<title>Replay 1: cancelled/)
})

t.test('the audit list tells who did what, the newest first, also hostile words, and page by page', async (t) => {
  const relay = await administeredRelay(t)
  const browser = await signedIn(relay.url)
  t.match((await browser.get('/audit')).text, /Nothing yet\. What somebody pauses/)
  await browser.follow('/integrations/log/pause', { reason: EVIL })
  await browser.follow('/integrations/log/resume')
  const { text, html } = await browser.get('/audit')
  t.match(text, /kirk resume integration log .* kirk pause integration log reason: <img src=x/)
  t.notMatch(html, '<img')
  t.match(html, '<a href="/integrations/log">integration log</a>')
  t.notMatch((await browser.get('/audit?action=resume')).text, 'reason:')
  t.match((await browser.get('/audit?who=nobody')).text, /Nothing matches\. Remove a filter/)
  for (let each = 0; each < 25; each += 1) {
    await relay.api('/integrations/log/pause', { method: 'POST', body: { reason: 'often' } })
    await relay.api('/integrations/log/resume', { method: 'POST' })
  }
  const older = /<a class="btn" href="([^"]+)">Older/.exec((await browser.get('/audit?who=kirk')).html)?.[1] ?? ''
  t.match(older, 'who=kirk')
  t.match((await browser.get(older.replaceAll('&amp;', '&'))).text, /kirk pause integration log reason: <img/)
})

t.test('set-up shows each address of a hook, waits for the first activity, and then says that it works', async (t) => {
  const secrets = ['the-first-secret-of-26', 'the-second-secret-of-26']
  const relay = await administeredRelay(t, {
    projects: [{ id: '26', name: `Enter<b>prise`, secrets, integrations: ['log'] }],
  })
  const browser = await signedIn(relay.url)
  const before = await browser.get('/set-up')
  for (const secret of secrets) t.match(before.html, `value="${relay.url}/hooks/26/${secret}"`)
  t.match(before.text, /Still missing: the first activity of project 26/)
  t.match(
    before.text,
    /Waiting for the first activity….*Nothing arrives\?.*curl --data-binary @config\/example-activity\.xml/,
  )
  t.notMatch(before.html, '<b>prise')
  const reader = await (await signedIn(relay.url, 'read')).get('/set-up')
  for (const secret of secrets) t.notMatch(reader.html, secret, 'whoever may only read does not get it')
  t.match(reader.html, `${relay.url}/hooks/26/[secret]`)
  const author = '&lt;img src=x onerror=alert(1)&gt;'
  await relay.post(changed(1, { story: '109', state: 'started', author }))
  const after = await browser.get('/set-up')
  t.match(after.text, /It works\. The last activity came .*<img src=x onerror=alert\(1\)> did something/)
  t.notMatch(after.html, '<img')
  t.notMatch(after.text, 'Waiting for the first')
  t.match(after.html, /<title>Set up/)
})

t.test('set-up says where the address is put in the tool of each project', async (t) => {
  const relay = await administeredRelay(t, {
    sources: [beacon],
    projects: [
      { id: '26', secret: 'the-first-secret-of-26', integrations: ['log'] },
      { ...BEACON_PROJECT, integrations: ['log'] },
    ],
  })
  const browser = await signedIn(relay.url)
  const { text } = await browser.get('/set-up')
  t.match(text, /Show Tracker and Beacon the way/)
  t.match(text, /Paste it in Tracker Open the project/)
  t.match(text, /Paste it in Beacon Put it in as the URL\./)
  const id = '2a4f0c4e-0000-4000-8000-000000000001'
  const { body, headers } = beaconRequest([{ id: '1', at: '2026-01-01T00:00:00.000Z', by: 'uhura', story: { id } }])
  await fetch(`${relay.url}/hooks/${BEACON_PROJECT.id}/${BEACON_PROJECT.secret}`, { method: 'POST', body, headers })
  t.match((await browser.get('/activities/1')).text, /Story #2a4f0c4e… in Beacon More power/)
  t.match((await browser.get('/activities')).html, `<span title="${id}">#2a4f0c4e…</span>`)
})

t.test('without any project, set-up says what to put into the config', async (t) => {
  const relay = await administeredRelay(t, { projects: [], integrations: {} })
  const browser = await signedIn(relay.url)
  t.match((await browser.get('/set-up')).text, /Still missing: a project in its config\..*Add a project to the config/)
  t.match((await browser.get('/integrations')).text, /The config has no integration yet.*Add the first one/)
})

t.test('forms of another site and tokens that may only read change nothing in the lists', async (t) => {
  const relay = await administeredRelay(t)
  await relay.post('no activity')
  const reader = await signedIn(relay.url, 'read')
  const operator = await signedIn(relay.url)
  for (const path of [
    '/links',
    '/links/26/1/forget',
    '/rejected/1/hand-in',
    '/rejected/1/delete',
    '/replays/1/cancel',
  ]) {
    t.equal((await reader.submit(path, { project: '26', story: '1', ticket: 'X' })).status, 403, path)
    t.equal((await operator.forge(path, { project: '26', story: '1', ticket: 'X' })).status, 403, path)
  }
  t.match((await reader.get('/rejected/1')).html, /<button type="submit" class="main" disabled/)
  t.match((await relay.api('/links')).json(), { items: [] })
  t.match((await relay.api('/rejected')).json(), { items: [{ id: 1 }] })
})
