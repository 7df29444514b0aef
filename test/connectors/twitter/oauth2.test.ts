import t from 'tap'
import type { Twitter, TwitterOptions } from '../../targets/twitter.ts'
import { clientSettings, failure, type Opened, sessionOn, told, unconnected } from './opened.ts'

const callback = 'https://relay.example.com/connect/twitter/news/callback'
const PAIR = 'twitter/news/oauth2'
const HOUR = 3_600_000

async function authorise(target: Twitter, { connection }: Opened): Promise<string> {
  const { url, pending } = await connection.begin(callback)
  return await connection.finish(pending, target.oauth.visit(url).back ?? {})
}

async function connected(t: Parameters<typeof unconnected>[0], options: TwitterOptions = {}) {
  const parts = await unconnected(t, { ...options, settings: clientSettings })
  t.equal(await authorise(parts.target, parts.session), '@enterprise')
  return parts
}

t.test('the button authorises by OAuth 2.0, for a client with a secret and for one without', async (t) => {
  for (const clientSecret of ['a-secret', null]) {
    const { target, session, again } = await connected(t, { app: { clientSecret } })
    t.equal(await again().connection.account(), '@enterprise')
    await session.perform(told())
    t.equal(target.posts.length, 1)
  }
})

t.test('there is no PIN in OAuth 2.0, and the settings that have one are named', async (t) => {
  const { session } = await unconnected(t, { settings: clientSettings })
  t.match(await failure(session.connection.begin(null)), { verdict: 'pause', message: /consumer_key/ })
})

t.test('another state, a refusal, a used and a late code connect nothing', async (t) => {
  const { target, session, clock } = await unconnected(t, { settings: clientSettings })
  const { connection } = session
  const one = await connection.begin(callback)
  const { back = {} } = target.oauth.visit(one.url)
  t.match(await failure(connection.finish(one.pending, { ...back, state: 'guessed' })), { message: /another attempt/ })
  t.match(await failure(connection.finish(one.pending, { state: back.state ?? '' })), { message: /without a code/ })
  t.match(await failure(connection.finish((await connection.begin(callback)).pending, back)), { message: /another/ })
  const two = await connection.begin(callback)
  const denied = target.oauth.visit(two.url, false).back ?? {}
  t.match(await failure(connection.finish(two.pending, denied)), { message: /refused at X/ })
  const late = await connection.begin(callback)
  const lateBack = target.oauth.visit(late.url).back ?? {}
  clock.pass(31_000)
  t.match(await failure(connection.finish(late.pending, lateBack)), { message: /30 seconds/ })
  t.equal(await connection.account(), null)
  const good = await connection.begin(callback)
  const goodBack = target.oauth.visit(good.url).back ?? {}
  await connection.finish(good.pending, goodBack)
  t.match(await failure(connection.finish(good.pending, goodBack)), { message: /used already/ })
})

t.test('the access token is renewed in time, once for many posts, and the new pair is on the disk first', async (t) => {
  const { target, session, clock, credentials } = await connected(t)
  const before = credentials.kept.get(PAIR)
  clock.pass(2 * HOUR - 30_000)
  await Promise.all(['a', 'b', 'c'].map((text) => session.perform(told({ text }))))
  t.equal(target.oauth.refreshes, 1)
  t.not(credentials.kept.get(PAIR), before)
  t.equal(target.posts.length, 3)
})

t.test('a pair that could not be stored is not used, not lost, and stored before anything else', async (t) => {
  const { target, session, clock, credentials } = await connected(t)
  clock.pass(3 * HOUR)
  credentials.fail(true)
  t.match(await failure(session.perform(told())), { verdict: 'hold', message: /could not be read or stored/ })
  t.equal(target.posts.length, 0, 'nothing goes out with a pair that a crash would lose')
  credentials.fail(false)
  await session.perform(told())
  t.equal(target.oauth.refreshes, 1)
  clock.pass(3 * HOUR)
  await session.perform(told({ what: 'rejected' }))
  t.equal(target.posts.length, 2)
})

t.test('a restart goes on with the pair that is on the disk', async (t) => {
  const { target, session, again, clock } = await connected(t)
  clock.pass(3 * HOUR)
  await session.perform(told())
  await again().perform(told({ what: 'rejected' }))
  t.equal(target.oauth.refreshes, 1)
})

t.test('a token that ended early is replaced, and the post sent once', async (t) => {
  const { target, session } = await connected(t)
  target.oauth.endAccessTokens()
  await session.perform(told())
  t.equal(target.posts.length, 1)
  t.equal(target.oauth.refreshes, 1)
})

t.test('of two processes that renew at once the slower one goes on with the pair of the quicker one', async (t) => {
  const { target, session, again, clock, credentials } = await connected(t)
  clock.pass(3 * HOUR)
  const slow = again()
  const stale = credentials.kept.get(PAIR) ?? ''
  await session.perform(told())
  const living = credentials.kept.get(PAIR) ?? ''
  // It has read the old pair before the quicker one had stored its own.
  credentials.kept.set(PAIR, stale)
  target.fault(
    { status: 400, body: '{"error":"invalid_request"}' },
    {
      where: ({ path }) => {
        if (path !== '/2/oauth2/token') return false
        credentials.kept.set(PAIR, living)
        return true
      },
    },
  )
  await slow.perform(told({ what: 'rejected' }))
  t.equal(target.posts.length, 2)
  t.equal(target.oauth.refreshes, 1)
})

t.test('a refresh that is refused pauses, one that is not answered is tried again', async (t) => {
  const { target, session, clock } = await connected(t)
  clock.pass(3 * HOUR)
  target.fault({ status: 503 })
  t.match(await failure(session.perform(told())), { verdict: 'retry', status: 503 })
  target.fault('reset')
  t.match(await failure(session.perform(told())), { verdict: 'retry' })
  target.oauth.revokeAll()
  t.match(await failure(session.perform(told())), {
    verdict: 'pause',
    message: /takes the refresh token no longer.*relay connect twitter news/,
  })
})

t.test('a wrong client secret is told apart from a lost account', async (t) => {
  const { target, settings, clock, credentials } = await connected(t)
  clock.pass(3 * HOUR)
  const mistyped = sessionOn(t, target, { settings: { ...settings, client_secret: 'wrong' }, clock, credentials })
  t.match(await failure(mistyped.perform(told())), { verdict: 'pause', message: /client_secret/ })
  await sessionOn(t, target, { settings, clock, credentials }).perform(told())
})

t.test('disconnecting revokes, also what is renewed in that moment', async (t) => {
  const { target, session, again, clock, credentials } = await connected(t)
  clock.pass(3 * HOUR)
  const { load } = credentials
  let loads = 0
  credentials.load = async (name) => {
    loads += 1
    // The third look is the one right before the new pair would be stored.
    if (loads === 3) credentials.kept.clear()
    return await load(name)
  }
  t.match(await failure(session.perform(told())), { verdict: 'pause', message: /not authorised/ })
  t.equal(credentials.kept.size, 0)
  t.equal(target.oauth.living, 0)
  await authorise(target, session)
  await again().connection.disconnect()
  t.equal(credentials.kept.size, 0)
  t.equal(target.oauth.living, 0)
  t.equal(target.posts.length, 0)
})

t.test('the name may be unknown: the plan need not allow the question', async (t) => {
  const { target, session } = await unconnected(t, { settings: clientSettings })
  target.state.mayRead = false
  t.equal(await authorise(target, session), 'an account whose name X does not tell')
  await session.perform(told())
  t.equal(target.posts.length, 1)
})
