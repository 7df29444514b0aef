import t from 'tap'
import { announcing, clockAt, failureSeen } from '../../harness.ts'
import { appSettings, sessionOn, unconnected } from './opened.ts'

const callback = 'https://relay.example.com/connect/twitter/news/callback'

t.test('an account that nobody has authorised pauses the integration', async (t) => {
  const { target, session } = await unconnected(t)
  t.match(await failureSeen(session.perform(announcing())), {
    verdict: 'pause',
    message: 'Twitter: the account is not authorised; run "tracker-relay connect twitter news"',
  })
  t.equal(await session.connection.account(), null)
  t.equal(target.requests.length, 0)
})

t.test('a PIN authorises the account, also for another process of the relay', async (t) => {
  const { target, session, again } = await unconnected(t)
  const worker = again()
  const { url, pending } = await session.connection.begin(null)
  const { pin = '' } = target.oauth.visit(url)
  t.equal(await session.connection.finish(pending, { pin: ` ${pin.slice(0, 3)} ${pin.slice(3)} ` }), '@enterprise')
  t.equal(await again().connection.account(), '@enterprise')
  await worker.perform(announcing())
  t.equal(target.posts.length, 1)
})

t.test('the button authorises the account through the callback', async (t) => {
  const { target, session } = await unconnected(t)
  const { url, pending } = await session.connection.begin(callback)
  const { back = {} } = target.oauth.visit(url)
  t.equal(await session.connection.finish(pending, back), '@enterprise')
  await session.perform(announcing())
  t.equal(target.posts.length, 1)
})

t.test('a wrong, used or late PIN is refused, and so is an answer that belongs to another attempt', async (t) => {
  const { target, session, credentials } = await unconnected(t)
  const { connection } = session
  const one = await connection.begin(null)
  const { pin = '' } = target.oauth.visit(one.url)
  const wrong = pin === '1234567' ? '7654321' : '1234567'
  t.match(await failureSeen(connection.finish(one.pending, { pin: wrong })), {
    verdict: 'pause',
    message: /PIN is wrong/,
  })
  t.match(await failureSeen(connection.finish(one.pending, { pin: 'hello' })), { message: /not a PIN/ })
  t.match(await failureSeen(connection.finish(one.pending, {})), { message: /not a PIN/ })
  t.match(await failureSeen(connection.finish('nonsense', { pin })), { message: /no authorisation was begun/ })
  await connection.finish(one.pending, { pin })
  t.match(await failureSeen(connection.finish(one.pending, { pin })), { message: /was used/ })
  credentials.kept.clear()
  const two = await connection.begin(callback)
  const three = await connection.begin(callback)
  const { back = {} } = target.oauth.visit(three.url)
  t.match(await failureSeen(connection.finish(two.pending, back)), { message: /belongs to another attempt/ })
  const { oauth_token = '' } = back
  t.match(await failureSeen(connection.finish(three.pending, { oauth_token })), { message: /verifier/ })
  const denied = target.oauth.visit((await connection.begin(callback)).url, false).back ?? {}
  t.match(await failureSeen(connection.finish(three.pending, denied)), { message: /refused at X/ })
  t.equal(await connection.account(), null, 'none of these has connected an account')
})

t.test('an error in the app names the setting to correct', async (t) => {
  const { target, session, clock, credentials } = await unconnected(t)
  t.match(await failureSeen(session.connection.begin('https://elsewhere.example.com/back')), {
    verdict: 'pause',
    message: /does not allow the callback https:\/\/elsewhere/,
  })
  const settings = { ...appSettings(target), consumer_secret: 'wrong' }
  const mistyped = sessionOn(t, target, { settings, clock, credentials })
  t.match(await failureSeen(mistyped.connection.begin(null)), { verdict: 'pause', message: /consumer_secret/ })
  target.fault({ status: 200, body: 'oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=false' })
  t.match(await failureSeen(session.connection.begin(null)), { message: /api_base_url/ })
  target.fault({ status: 500 })
  t.match(await failureSeen(session.connection.begin(null)), { status: 500 })
})

t.test('disconnecting revokes and forgets, and nothing is sent from then on', async (t) => {
  const { target, session, again, credentials } = await unconnected(t)
  const { url, pending } = await session.connection.begin(null)
  await session.connection.finish(pending, target.oauth.visit(url) as Record<string, string>)
  t.equal(target.oauth.living, 1)
  await again().connection.disconnect()
  t.equal(target.oauth.living, 0)
  t.equal(credentials.kept.size, 0)
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'pause', message: /not authorised/ })
  await again().connection.disconnect()
  t.equal(target.posts.length, 0)
})

t.test('the account is forgotten even if X cannot revoke it', async (t) => {
  const { target, session, credentials } = await unconnected(t)
  const { url, pending } = await session.connection.begin(null)
  await session.connection.finish(pending, target.oauth.visit(url) as Record<string, string>)
  target.down({ status: 503 })
  await session.connection.disconnect()
  t.equal(credentials.kept.size, 0)
  t.equal(session.warnings.length, 1)
})

t.test('two integrations of one app have an account each', async (t) => {
  const { target, settings, clock, credentials } = await unconnected(t)
  const [news, releases] = ['news', 'releases'].map((integration) =>
    sessionOn(t, target, { settings, clock, credentials, integration }),
  )
  if (news === undefined || releases === undefined) throw new Error('a session is missing')
  for (const { connection } of [news, releases]) {
    const { url, pending } = await connection.begin(null)
    await connection.finish(pending, target.oauth.visit(url) as Record<string, string>)
  }
  t.strictSame([...credentials.kept.keys()].sort(), ['twitter/news/oauth1', 'twitter/releases/oauth1'])
  await news.connection.disconnect()
  t.match(await failureSeen(news.perform(announcing())), {
    verdict: 'pause',
    message: /tracker-relay connect twitter news/,
  })
  await releases.perform(announcing())
  t.equal(target.posts.length, 1, 'the other one is still authorised')
})

t.test('an account that was stored with a lost key is reported, and can be forgotten or replaced', async (t) => {
  const { target, session, credentials } = await unconnected(t)
  const { connection } = session
  const authorise = async () => {
    const { url, pending } = await connection.begin(null)
    await connection.finish(pending, target.oauth.visit(url) as Record<string, string>)
  }
  await authorise()
  credentials.loseKeyOf(credentials.kept.keys())
  const told1 = { verdict: 'hold', message: /none of credentials\.keys.*tracker-relay connect twitter news/ }
  t.match(await failureSeen(connection.account()), told1)
  t.match(await failureSeen(session.perform(announcing())), told1)
  await authorise()
  t.equal(await connection.account(), '@enterprise')
  credentials.loseKeyOf(credentials.kept.keys())
  await connection.disconnect()
  t.equal(credentials.kept.size, 0)
  t.equal(await connection.account(), null)
  t.match(session.warnings, [{ why: /none of credentials\.keys/ }], 'its owner revokes it')
})

t.test('the account of another app is not used', async (t) => {
  const { target, session, clock, credentials, settings } = await unconnected(t)
  const { url, pending } = await session.connection.begin(null)
  await session.connection.finish(pending, target.oauth.visit(url) as Record<string, string>)
  const other = sessionOn(t, target, { settings: { ...settings, consumer_key: 'another' }, clock, credentials })
  t.match(await failureSeen(other.perform(announcing())), { verdict: 'pause', message: /not authorised/ })
})

t.test('a relay without a key for credentials says what is missing', async (t) => {
  const { target, settings } = await unconnected(t)
  const session = sessionOn(t, target, { settings, clock: clockAt() })
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'pause', message: /no key/ })
})

t.test('a token that was pasted into the settings needs no connection', async (t) => {
  const { target, settings, clock } = await unconnected(t)
  const [access_token, access_token_secret] = target.oauth.issue()
  const session = sessionOn(t, target, { settings: { ...settings, access_token, access_token_secret }, clock })
  await session.perform(announcing())
  await t.rejects(session.connection.account(), /no connection/)
})
