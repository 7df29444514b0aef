import t from 'tap'
import { eventually } from '../../gateway/eventually.ts'
import { changed } from '../../gateway/tracker-says.ts'
import { startJira } from '../../targets/jira.ts'
import { startWebhookReceiver } from '../../targets/webhook-receiver.ts'
import { administeredRelay } from '../api/administered.ts'
import { signedIn } from './signed-in.ts'

const SIGNING = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const TOKEN = 'NjUwMjE5MTk3NTY3Oq-pat'
const EVIL = '<img src=x onerror=alert(1)>"\'&'

t.test('an integration is paused with a reason and resumed on its page, which says what was done', async (t) => {
  const relay = await administeredRelay(t)
  const browser = await signedIn(relay.url)
  t.match((await browser.get('/integrations')).text, /1 integration.*log.*running/)
  t.match((await browser.get('/integrations/log/pause')).text, /Pause log\?.*Why\? Others are told this/)
  const paused = await browser.follow('/integrations/log/pause', { reason: `moving ${EVIL}` })
  t.match(paused.text, /Paused\. What comes is planned and waits.*Paused: moving <img src=x onerror=alert\(1\)>"'&/)
  t.match(paused.html, /<title>log: paused/)
  t.notMatch(paused.html, '<img')
  await relay.post(changed(1, { story: '109', state: 'started' }))
  t.match((await browser.get('/integrations/log')).text, /1 delivery waits , the oldest since/)
  t.match((await browser.follow('/integrations/log/resume')).text, /Resumed: sending goes on/)
  await relay.allSettled(1)
  t.match(
    (await browser.get('/integrations/log')).text,
    /James Kirk did something delivered 1 logged: James Kirk started/,
  )
  t.notMatch(
    (await browser.get('/integrations/log?done=resumed&at=1000')).text,
    'Resumed',
    'a result is told for a minute',
  )
  t.notMatch((await browser.get('/integrations/log?done=constructor&at=1000')).text, 'function')
})

t.test('a target that refuses the login is told with steps that name the settings of this config', async (t) => {
  const jira = await startJira({})
  t.teardown(() => jira.close())
  const wrong = 'a-token-that-was-revoked'
  const integrations = { jira: { type: 'jira', base_url: jira.url, personal_access_token: wrong } }
  const relay = await administeredRelay(t, { integrations })
  await relay.api('/links/26/109', { method: 'PUT', body: { external_id: 'TEST-1', integration: 'jira' } })
  await relay.post(changed(1, { story: '109', state: 'started' }))
  const browser = await signedIn(relay.url)
  const text = await eventually(
    async () => (await browser.get('/integrations/jira')).text,
    (said) => said.includes('Held since'),
    'the integration is held',
  )
  t.match(text, /personal_access_token.*Held since .* 1 delivery waits/)
  t.match(text, /make new credentials.*under integrations\.jira , put them into personal_access_token , or/)
  t.match(text, /Reload: systemctl reload tracker-relay/)
  t.notMatch((await browser.get('/integrations/jira')).html, wrong)
  t.match((await browser.get('/')).text, /jira is held.*put valid credentials into the config, and reload/)
  t.match((await browser.follow('/integrations/jira/try')).text, /The oldest delivery is tried now/)
})

t.test('a target that refuses for good needs somebody, although the integration is only paused', async (t) => {
  const receiver = await startWebhookReceiver({ secret: SIGNING })
  t.teardown(() => receiver.close())
  receiver.standIn.down({ status: 410 })
  const relay = await administeredRelay(t, {
    integrations: { hook: { type: 'webhook', url: receiver.url, secret: SIGNING } },
  })
  await relay.post(changed(1, { story: '109', state: 'started' }))
  const browser = await signedIn(relay.url)
  const overview = await eventually(
    () => browser.get('/'),
    ({ text }) => text.includes('paused itself'),
    'it is paused',
  )
  t.match(overview.text, /Not everything is fine: hook paused itself/)
  const { text } = await browser.get('/integrations/hook')
  t.match(text, /410.*set the address that is right today: url \./)
  t.match((await relay.api('/integrations/hook')).json(), { standing: { state: 'paused', paused_by: 'target' } })
})

t.test('settings are checked and a test message is sent after a question, and what came of it is shown', async (t) => {
  const receiver = await startWebhookReceiver({ secret: SIGNING })
  t.teardown(() => receiver.close())
  const relay = await administeredRelay(t, {
    integrations: { hook: { type: 'webhook', url: receiver.url, secret: SIGNING } },
  })
  const browser = await signedIn(relay.url)
  t.match((await browser.submit('/integrations/hook/check')).text, /Check of hook: .*Nothing was written at the target/)
  t.match((await browser.get('/integrations/hook/test')).text, /Send a test message to hook\?.*also the public/)
  const { text, html } = await browser.submit('/integrations/hook/test')
  t.match(text, /Test of hook: fine.*POST http.*: 20/)
  t.notMatch(html, SIGNING)
})

t.test('the import panel is shown as Tracker would show it, with its address and what is linked already', async (t) => {
  const finds = [
    {
      id: '11280',
      key: 'TEST-1280',
      fields: { summary: `Phasers ${EVIL}`, issuetype: { name: 'Bug' }, reporter: { displayName: EVIL } },
    },
    { id: '11281', key: 'TEST-1281', fields: { summary: 'Name our shuttles', issuetype: { name: 'Story' } } },
  ]
  const jira = await startJira({ filters: [{ id: '10000', name: 'All open', jql: 'project = TEST', finds }] })
  t.teardown(() => jira.close())
  const secret = 'a-long-import-secret-of-jira'
  const integrations = {
    jira: {
      ...{ type: 'jira', base_url: jira.url, personal_access_token: TOKEN, filter_id: 10000 },
      import: { secret, exclude_linked: false },
    },
  }
  const relay = await administeredRelay(t, { integrations })
  const browser = await signedIn(relay.url)
  const before = await browser.get('/integrations/jira')
  t.match(before.text, /Import panel not read yet/)
  t.match(before.html, `${relay.url}/imports/jira/${secret}.xml`)
  t.match((await browser.follow('/integrations/jira/refresh')).text, /The source is being read afresh/)
  await relay.api('/links/26/108', { method: 'PUT', body: { external_id: 'TEST-1281', integration: 'jira' } })
  const after = await eventually(
    () => browser.get('/integrations/jira'),
    ({ text }) => text.includes('2 tickets, read'),
    'the list is read',
  )
  t.match(after.text, /bug Phasers <img src=x onerror=alert\(1\)>"'& TEST-1280 <img/)
  t.match(after.text, /linked Name our shuttles TEST-1281 is story #108 already/)
  t.notMatch(after.html, '<img')
  t.notMatch(after.html, TOKEN)
  const reader = await (await signedIn(relay.url, 'read')).get('/integrations/jira')
  t.notMatch(reader.html, secret, 'whoever may only read does not get the secret of the address')
  t.match(reader.html, '/imports/jira/[secret].xml')
})

t.test('a token that may only read changes nothing, nor does a form of another site', async (t) => {
  const relay = await administeredRelay(t)
  const reader = await signedIn(relay.url, 'read')
  t.match(
    (await reader.get('/integrations/log')).html,
    /<button type="submit" disabled title="Your token may only read"/,
  )
  for (const action of ['pause', 'resume', 'try', 'test', 'check', 'refresh'])
    t.equal((await reader.submit(`/integrations/log/${action}`)).status, 403, action)
  const operator = await signedIn(relay.url)
  for (const action of ['pause', 'resume', 'try', 'test', 'check', 'refresh'])
    t.equal((await operator.forge(`/integrations/log/${action}`)).status, 403, action)
  t.match((await relay.api('/integrations/log')).json(), { standing: { state: 'running' } })
  t.match((await relay.api('/audit')).json(), { items: [] })
  t.equal((await operator.get('/integrations/nobody')).status, 404)
})
