import t from 'tap'
import { authorisedConnector } from '../../gateway/authorised-connector.ts'
import { administeredRelay } from '../api/administered.ts'
import { signedIn } from './signed-in.ts'

const html = { accept: 'text/html' }

t.test('an address without a page leads back into the pages, for those who have signed in', async (t) => {
  const relay = await administeredRelay(t)
  const missing = await (await signedIn(relay.url)).get('/nowhere')
  t.equal(missing.status, 404)
  t.match(missing.html, /<nav class="nav".*Signed in: kirk \(operate\)/)
  t.match(missing.text, 'There is nothing at this address. To the overview')
  const stranger = await relay.get('/nowhere', { ...html, cookie: 'a=b; relay_session=of.nobody' })
  t.equal(stranger.status, 404)
  t.notMatch(stranger.text, 'class="nav"')
  t.match((await relay.get('/hooks/26/wrong', html)).text, 'check the project and the secret of the hook URL')
})

t.test('the page of an account has the frame, and the way back to its integration', async (t) => {
  const relay = await administeredRelay(t, {
    server: { public_url: 'https://relay.example.com' },
    credentials: { keys: ['a key that is long enough for the test of it'] },
    connectors: [authorisedConnector],
    integrations: { board: { type: 'bulletin' } },
  })
  const browser = await signedIn(relay.url)
  const its = await browser.get('/integrations/board')
  t.match(its.html, 'href="/connect/bulletin/board"')
  const account = await browser.get('/connect/bulletin/board')
  t.match(account.html, /<nav class="nav".*<a href="\/integrations\/board">board<\/a>/)
  t.match(account.text, /Account of board .*not authorised.*Authorise/)
})

t.test('where administrators have an address of their own, an account is at the address that all reach', async (t) => {
  const relay = await administeredRelay(t, {
    server: { public_url: 'https://relay.example.com/of-all/' },
    admin: { listen: { host: '127.0.0.1', port: 0 } },
    credentials: { keys: ['a key that is long enough for the test of it'] },
    connectors: [authorisedConnector],
    integrations: { board: { type: 'bulletin' } },
  })
  const own = await signedIn(relay.relay.adminAddress())
  const { html } = await own.get('/integrations/board')
  t.match(html, 'href="https://relay.example.com/of-all/connect/bulletin/board"')
  t.notMatch((await relay.get('/nowhere', { accept: 'text/html' })).text, 'class="nav"', 'no pages are there')
})
