import t from 'tap'
import { SECRET } from '../../gateway/running-relay.ts'
import { commented } from '../../gateway/tracker-v5-says.ts'
import { startTracker } from '../../targets/tracker.ts'
import { administeredRelay } from '../api/administered.ts'
import { signedIn } from './signed-in.ts'

const HOUR_MS = 3_600_000

t.test('the page Set-up tells how far a tool was asked, asks it now, and says why that fails', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  const access = { api_url: `${tracker.url}/services/{version}`, token: tracker.token }
  const relay = await administeredRelay(t, {
    integrations: { log: { type: 'log' } },
    projects: [
      { id: '26', secret: SECRET, integrations: ['log'], tracker: access, catch_up: { every_minutes: 0 } },
      { id: '27', secret: `${SECRET}-27`, integrations: ['log'] },
    ],
  })
  const browser = await signedIn(relay.url)
  const before = await browser.get('/set-up')
  t.match(before.text, /What the hook missed not asked yet It is asked only when somebody wants it/)
  t.match(before.text, /Tracker can only be asked with a token in the config/, 'of the other project')
  t.notMatch(before.text, 'Catch up now', 'nothing has come, so where it begins is not known')
  const begin = Date.now() - HOUR_MS
  const told = commented(1, { story: 1, at: begin, text: 'the hook told this' })
  tracker.activity(told)
  await relay.post(JSON.stringify(told), { 'content-type': 'application/json' })
  tracker.activity(commented(2, { story: 1, at: begin + 1000, text: 'missed' }))
  const reader = await signedIn(relay.url, 'read')
  t.match((await reader.get('/set-up')).html, /<button[^>]* disabled[^>]*>Catch up now/)
  t.equal((await reader.submit('/set-up/26/catch-up')).status, 403)
  t.match((await browser.get('/set-up')).text, 'Catch up now')
  const after = await browser.follow('/set-up/26/catch-up')
  t.match(after.text, /Caught up: 1 activity that no hook had told\..*fine Tracker was asked .* up to .* is there/)
  t.match((await browser.follow('/set-up/26/catch-up')).text, 'Asked: the hook has missed nothing.')
  tracker.fault({ status: 503 }, { where: ({ path }) => path.endsWith('/activity'), times: 20 })
  const failed = await browser.submit('/set-up/26/catch-up')
  t.match([failed.status, failed.text], [502, /503/])
  t.match((await browser.get('/set-up')).text, /fails Tracker could not be asked for .* Tracker.*503/)
})
