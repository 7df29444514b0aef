import t from 'tap'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import { announcing, failureSeen } from '../../harness.ts'
import type { Twitter, TwitterOptions } from '../../targets/twitter.ts'
import { clientSettings, type Opened, type Store, sessionOn, unconnected } from './opened.ts'

const callback = 'https://relay.example.com/connect/twitter/news/callback'
const HOUR = 3_600_000

async function authorise(target: Twitter, { connection }: Opened): Promise<string> {
  const { url, pending } = await connection.begin(callback)
  return await connection.finish(pending, target.oauth.visit(url).back ?? {})
}

function pairName({ kept }: Store): string {
  const [name] = [...kept.keys()].filter((each) => /^twitter\/news\/oauth2\/\d$/.test(each))
  if (name === undefined) throw new Error('no pair is kept')
  return name
}

function gate() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
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
    await session.perform(announcing())
    t.equal(target.posts.length, 1)
  }
})

t.test('OAuth 2.0 has no PIN, and the settings that offer one are named', async (t) => {
  const { session } = await unconnected(t, { settings: clientSettings })
  t.match(await failureSeen(session.connection.begin(null)), { verdict: 'pause', message: /consumer_key/ })
})

t.test('a wrong state, a refusal, a used code and a late code connect no account', async (t) => {
  const { target, session, clock } = await unconnected(t, { settings: clientSettings })
  const { connection } = session
  const one = await connection.begin(callback)
  const { back = {} } = target.oauth.visit(one.url)
  t.match(await failureSeen(connection.finish(one.pending, { ...back, state: 'guessed' })), {
    message: /another attempt/,
  })
  t.match(await failureSeen(connection.finish(one.pending, { state: back.state ?? '' })), { message: /without a code/ })
  t.match(await failureSeen(connection.finish((await connection.begin(callback)).pending, back)), {
    message: /another/,
  })
  const two = await connection.begin(callback)
  const denied = target.oauth.visit(two.url, false).back ?? {}
  t.match(await failureSeen(connection.finish(two.pending, denied)), { message: /refused at X/ })
  const late = await connection.begin(callback)
  const lateBack = target.oauth.visit(late.url).back ?? {}
  clock.pass(31_000)
  t.match(await failureSeen(connection.finish(late.pending, lateBack)), { message: /30 seconds/ })
  t.equal(await connection.account(), null)
  const good = await connection.begin(callback)
  const goodBack = target.oauth.visit(good.url).back ?? {}
  await connection.finish(good.pending, goodBack)
  t.match(await failureSeen(connection.finish(good.pending, goodBack)), { message: /used already/ })
})

t.test('the access token is renewed in time, once for many posts, and the new pair is stored first', async (t) => {
  const { target, session, clock, credentials } = await connected(t)
  const before = credentials.kept.get(pairName(credentials))
  clock.pass(2 * HOUR - 30_000)
  await Promise.all(['a', 'b', 'c'].map((text) => session.perform(announcing({ text }))))
  t.equal(target.oauth.refreshes, 1)
  t.not(credentials.kept.get(pairName(credentials)), before)
  t.equal(target.posts.length, 3)
})

t.test('no refresh token is spent while the store cannot be written to, even after a restart', async (t) => {
  const { target, session, again, clock, credentials } = await connected(t)
  clock.pass(2 * HOUR - 30_000)
  credentials.fail(true)
  // The words of a post could not be kept either, so the question who it is stands for whatever needs the token.
  t.match((await session.check())[0], { level: 'ok' }, 'the token is valid for another half a minute')
  clock.pass(HOUR)
  t.match((await session.check())[0], { level: 'error', message: /could not be read from or stored/ })
  t.match((await again().check())[0], { level: 'error', message: /could not be read from or stored/ })
  t.equal(target.oauth.refreshes, 0)
  credentials.fail(false)
  await again().perform(announcing())
  t.equal(target.posts.length, 1)
})

t.test('a pair that could not be stored is not used and not lost, and is stored before anything else', async (t) => {
  const { target, session, clock, credentials } = await connected(t)
  clock.pass(3 * HOUR)
  const { save } = credentials
  credentials.save = async (name, value) => {
    if (target.oauth.refreshes === 1) throw new Error('disk full')
    await save(name, value)
  }
  t.match(await failureSeen(session.perform(announcing())), {
    verdict: 'hold',
    message: /could not be read from or stored/,
  })
  t.equal(target.oauth.refreshes, 1)
  t.equal(target.posts.length, 0, 'nothing is sent with a pair that a crash would lose')
  credentials.save = save
  await session.perform(announcing())
  t.equal(target.oauth.refreshes, 1)
  clock.pass(3 * HOUR)
  await session.perform(announcing({ what: 'rejected' }))
  t.equal(target.posts.length, 2)
})

t.test('a restart continues with the stored pair', async (t) => {
  const { target, session, again, clock } = await connected(t)
  clock.pass(3 * HOUR)
  await session.perform(announcing())
  await again().perform(announcing({ what: 'rejected' }))
  t.equal(target.oauth.refreshes, 1)
})

t.test('a token that expired early is replaced, and the post sent once', async (t) => {
  const { target, session } = await connected(t)
  target.oauth.endAccessTokens()
  await session.perform(announcing())
  t.equal(target.posts.length, 1)
  t.equal(target.oauth.refreshes, 1)
})

t.test('of two processes that renew at once the slower one continues with the pair of the faster one', async (t) => {
  const { target, session, again, clock, credentials } = await connected(t)
  clock.pass(3 * HOUR)
  const slow = again()
  const stale = credentials.kept.get(pairName(credentials)) ?? ''
  await session.perform(announcing())
  const living = credentials.kept.get(pairName(credentials)) ?? ''
  // It has read the old pair before the faster one had stored its own.
  credentials.kept.set(pairName(credentials), stale)
  target.fault(
    { status: 400, body: '{"error":"invalid_request"}' },
    {
      where: ({ path }) => {
        if (path !== '/2/oauth2/token') return false
        credentials.kept.set(pairName(credentials), living)
        return true
      },
    },
  )
  await slow.perform(announcing({ what: 'rejected' }))
  t.equal(target.posts.length, 2)
  t.equal(target.oauth.refreshes, 1)
})

t.test('a refused refresh pauses, and one without an answer is tried again', async (t) => {
  const { target, session, clock } = await connected(t)
  clock.pass(3 * HOUR)
  target.fault({ status: 503 })
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'retry', status: 503 })
  target.fault('reset')
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'retry' })
  target.oauth.revokeAll()
  t.match(await failureSeen(session.perform(announcing())), {
    verdict: 'pause',
    message: /no longer accepts the refresh token.*tracker-relay connect twitter news/,
  })
})

t.test('a wrong client secret is distinguished from a lost account', async (t) => {
  const { target, settings, clock, credentials } = await connected(t)
  clock.pass(3 * HOUR)
  const mistyped = sessionOn(t, target, { settings: { ...settings, client_secret: 'wrong' }, clock, credentials })
  t.match(await failureSeen(mistyped.perform(announcing())), { verdict: 'pause', message: /client_secret/ })
  await sessionOn(t, target, { settings, clock, credentials }).perform(announcing())
})

/** As an earlier release uses it, which waits for nobody. */
const unlocked = (store: Store): Store => ({ ...store, alone: (_, work) => work() })

t.test(
  'of two processes that renew at once, one of an earlier release, the slower one waits for the pair of the faster one',
  async (t) => {
    const { target, settings, clock, credentials } = await connected(t)
    clock.pass(3 * HOUR)
    const refused = gate()
    let asked = 0
    target.fault(
      { status: 400, body: '{"error":"invalid_request"}' },
      {
        where: ({ path }) => {
          if (path !== '/2/oauth2/token') return false
          asked += 1
          if (asked === 2) refused.open()
          return asked === 2
        },
      },
    )
    // The faster one's new pair is stored only after the slower one has been refused.
    const late: Store = {
      ...credentials,
      async save(name, value) {
        if (target.oauth.refreshes === 1) await refused.opened
        await credentials.save(name, value)
      },
    }
    const on = (store: Store): Opened => sessionOn(t, target, { settings, clock, credentials: unlocked(store) })
    const quicker = on(late).perform(announcing())
    await Promise.all([quicker, on(credentials).perform(announcing({ what: 'rejected' }))])
    t.equal(target.posts.length, 2)
    t.equal(target.oauth.refreshes, 1)
  },
)

t.test('disconnecting revokes and forgets', async (t) => {
  const { target, again, credentials } = await connected(t)
  await again().connection.disconnect()
  t.equal(credentials.kept.size, 0)
  t.equal(target.oauth.living, 0)
})

/** A session whose refresh stands still right before or after one of its steps with the new pair. */
async function renewing(t: Parameters<typeof unconnected>[0], at: 'before it is stored' | 'while it is stored') {
  const parts = await connected(t)
  const { target, settings, clock, credentials } = parts
  clock.pass(3 * HOUR)
  const there = gate()
  const go = gate()
  const stop = async (): Promise<void> => {
    there.open()
    await go.opened
  }
  const slow: Store = {
    ...credentials,
    async load(name) {
      if (at === 'before it is stored' && target.oauth.refreshes === 1) await stop()
      return await credentials.load(name)
    },
    async save(name, value) {
      if (at === 'while it is stored' && target.oauth.refreshes === 1) await stop()
      await credentials.save(name, value)
    },
  }
  const session = sessionOn(t, target, { settings, clock, credentials: slow })
  const job = announcing()
  const ended = session.perform(job).then(
    () => 'sent',
    (error: unknown) => (error instanceof DeliveryError ? error.message : error),
  )
  await there.opened
  return { ...parts, ended, go: () => go.open() }
}

t.test(
  'a refresh under way does not restore an account that was disconnected meanwhile, and its token is revoked',
  async (t) => {
    for (const at of ['before it is stored', 'while it is stored'] as const) {
      const { target, session, credentials, ended, go } = await renewing(t, at)
      await session.connection.disconnect()
      go()
      t.match(await ended, /not authorised/, at)
      t.equal(await session.connection.account(), null)
      t.equal(target.posts.length, 0)
      t.equal(target.oauth.living, 0)
      t.strictSame([...credentials.kept], [], 'nothing is left')
    }
  },
)

t.test('a refresh under way does not replace a newer authorisation', async (t) => {
  for (const at of ['before it is stored', 'while it is stored'] as const) {
    const { target, session, credentials, ended, go } = await renewing(t, at)
    await authorise(target, session)
    const authorised = credentials.kept.get('twitter/news/oauth2')
    const pair = credentials.kept.get(pairName(credentials))
    go()
    t.equal(await ended, 'sent', 'as the account that was authorised last')
    t.equal(credentials.kept.get('twitter/news/oauth2'), authorised, at)
    t.equal(credentials.kept.get(pairName(credentials)), pair, at)
    const { accessToken } = JSON.parse(pair ?? '{}') as { accessToken: string }
    t.equal(target.requests.find(({ path }) => path === '/2/tweets')?.headers.authorization, `Bearer ${accessToken}`)
  }
})

t.test(
  'an account that was stored with a lost key is reported, and can be authorised again or disconnected',
  async (t) => {
    const { target, session, credentials } = await connected(t)
    credentials.loseKeyOf([...credentials.kept.keys()])
    t.match(await failureSeen(session.connection.account()), { verdict: 'hold', message: /none of credentials\.keys/ })
    await authorise(target, session)
    await session.perform(announcing())
    credentials.loseKeyOf([...credentials.kept.keys()])
    await session.connection.disconnect()
    t.equal(credentials.kept.size, 0)
    t.equal(await session.connection.account(), null)
  },
)

t.test('the name stays unknown if the plan does not allow the question', async (t) => {
  const { target, session } = await unconnected(t, { settings: clientSettings })
  target.state.mayRead = false
  t.equal(await authorise(target, session), 'an account whose name X does not tell')
  await session.perform(announcing())
  t.equal(target.posts.length, 1)
})
