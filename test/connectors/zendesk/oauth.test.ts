import { createHash } from 'node:crypto'
import t from 'tap'
import { recordExchanges } from '../../../src/http/recording.ts'
import type { Exchange } from '../../../src/http/send.ts'
import { client } from '../../../src/stand-ins/zendesk.ts'
import { failureSeen } from '../../harness.ts'
import { credentialStore } from '../credential-store.ts'
import { byClient, jobOn, type Opened, opened, remark, sessionOn, TICKET } from './opened.ts'

const isToken = ({ path }: { path: string }): boolean => path === '/oauth/tokens'

async function byRefreshToken(t: Parameters<typeof opened>[0]) {
  const store = credentialStore()
  const { zendesk, clock } = await opened(t)
  const settings = { ...byClient, oauth_refresh_token: zendesk.authorize(client.identifier, 29) }
  const again = (): Opened['session'] => sessionOn(t, zendesk, { settings, clock, credentials: store })
  return { store, zendesk, clock, settings, again, session: again() }
}

let number = 0
const next = () => jobOn(remark, { key: `dlv_${number++}` })

t.test('client credentials ask for the least scope, once for many deliveries, and again before the end', async (t) => {
  const { zendesk, session, clock } = await opened(t)
  await Promise.all(
    [1, 2, 3].map((ticket) => session.perform(jobOn(remark, { ticket: String(ticket) })).catch(() => {})),
  )
  await session.perform(next())
  t.equal(zendesk.grants, 1)
  t.strictSame(JSON.parse(zendesk.requests.find(isToken)?.body.toString() ?? ''), {
    grant_type: 'client_credentials',
    client_id: client.identifier,
    client_secret: client.secret,
    scope: 'tickets:read tickets:write users:read',
    expires_in: 1800,
  })
  clock.pass(1_745_000)
  await session.perform(next())
  t.equal(zendesk.grants, 2)
  t.equal(zendesk.requests.filter(({ method }) => method === 'PUT').length, 2)
})

t.test('a token that was revoked is replaced, and the request sent again', async (t) => {
  const { zendesk, session } = await opened(t)
  await session.perform(next())
  zendesk.revokeAccessTokens()
  await session.perform(next())
  t.equal(zendesk.grants, 2)
  t.equal(zendesk.comments(TICKET).length, 2)
})

t.test('a second refusal is held and not asked for ever', async (t) => {
  const { zendesk, session } = await opened(t)
  zendesk.fault({ status: 401, body: '{"error":"invalid_token"}' }, { times: 2, where: (each) => !isToken(each) })
  t.match(await failureSeen(session.perform(next())), { verdict: 'hold', status: 401 })
  t.equal(zendesk.requests.length, 4)
})

t.test('a client that may do less says so', async (t) => {
  const publicClient = await opened(t, { clients: [{ ...client, secret: null }] })
  t.match(await failureSeen(publicClient.session.perform(next())), { verdict: 'hold', message: /confidential/ })
  const narrow = await opened(t, { clients: [{ ...client, allowedScopes: ['hc:read'] }] })
  t.match(await failureSeen(narrow.session.perform(next())), { verdict: 'hold', message: /may not have the scopes/ })
})

t.test('a token endpoint that is down, slow or limited leaves nothing in doubt', async (t) => {
  const { zendesk, session } = await opened(t)
  for (const [fault, verdict] of [
    ['lose the answer', 'retry'],
    [{ status: 500 }, 'retry'],
    [{ status: 429, headers: { 'retry-after': '9' } }, 'hold'],
    [{ status: 200, body: '<html>' }, 'hold'],
  ] as const) {
    zendesk.fault(fault, { where: isToken })
    t.match(await failureSeen(session.perform(next())), { verdict })
  }
  await session.perform(next())
  t.equal(zendesk.comments(TICKET).length, 1)
})

t.test('tokens are in no record of an attempt', async (t) => {
  const { zendesk, store, session } = await byRefreshToken(t)
  const exchanges: Exchange[] = []
  await recordExchanges(exchanges, () => session.perform(next()))
  const kept = JSON.parse([...store.kept.values()][0] ?? '{}')
  t.equal(typeof kept.accessToken, 'string')
  const recorded = JSON.stringify(exchanges)
  t.notOk(recorded.includes(kept.accessToken) || recorded.includes(kept.refreshToken))
  t.ok(recorded.includes(`/api/v2/tickets/${TICKET}.json`))
  t.equal(zendesk.grants, 1)
})

t.test('a refresh token is used once, and its successor after a restart', async (t) => {
  const { zendesk, session, store, clock, again } = await byRefreshToken(t)
  await session.perform(next())
  t.strictSame([...store.kept.keys()], ['zendesk/support/oauth'])
  await again().perform(next())
  t.equal(zendesk.grants, 1, 'a stored token that still lives is used')
  clock.pass(3_600_000)
  await again().perform(next())
  clock.pass(3_600_000)
  await session.perform(next())
  t.equal(zendesk.grants, 3)
  t.equal(zendesk.comments(TICKET).length, 4)
})

t.test('many deliveries at once refresh only once', async (t) => {
  const { zendesk, session } = await byRefreshToken(t)
  zendesk.tickets.clear()
  const ends = await Promise.all(
    [1, 2, 3, 4].map((ticket) => failureSeen(session.perform(jobOn(remark, { ticket: `${ticket}` })))),
  )
  t.equal(zendesk.grants, 1)
  t.strictSame(
    ends.map(({ status }) => status),
    [404, 404, 404, 404],
  )
})

t.test('a pair that could not be stored is not used, is kept, and is stored before anything else', async (t) => {
  const { zendesk, session, store } = await byRefreshToken(t)
  store.fail(true)
  t.match(await failureSeen(session.perform(next())), { verdict: 'hold', message: /could not be read from or stored/ })
  t.match(await failureSeen(session.perform(next())), { verdict: 'hold' })
  t.equal(zendesk.requests.length, 1, 'only the refresh itself')
  store.fail(false)
  await session.perform(next())
  t.equal(zendesk.grants, 1)
  t.equal(store.kept.size, 1)
})

t.test('a crash between refresh and storing pauses the integration and asks for a new authorization', async (t) => {
  const { zendesk, session, store, again, clock, settings } = await byRefreshToken(t)
  store.fail(true)
  await failureSeen(session.perform(next()))
  store.fail(false)
  const restarted = again()
  t.strictSame(await failureSeen(restarted.perform(next())), {
    verdict: 'pause',
    message:
      'Zendesk no longer accepts the refresh token: it expired, was revoked, or was replaced by one that was lost; authorize the client again and set the new oauth_refresh_token',
    status: 400,
    retryAfterMs: null,
  })
  const renewed = { ...settings, oauth_refresh_token: zendesk.authorize(client.identifier, 29) }
  await sessionOn(t, zendesk, { settings: renewed, clock, credentials: store }).perform(next())
  t.equal(zendesk.comments(TICKET).length, 1)
})

t.test('a new refresh token in the settings replaces the stored one', async (t) => {
  const { zendesk, session, store, clock, settings } = await byRefreshToken(t)
  await session.perform(next())
  zendesk.revokeAccessTokens()
  const renewed = { ...settings, oauth_refresh_token: zendesk.authorize(client.identifier, 29) }
  const used = zendesk.requests.length
  await sessionOn(t, zendesk, { settings: renewed, clock, credentials: store }).perform(next())
  t.match(JSON.parse(zendesk.requests[used]?.body.toString() ?? '{}'), {
    grant_type: 'refresh_token',
    refresh_token: renewed.oauth_refresh_token,
  })
})

t.test('a pair that another process has refreshed is taken over', async (t) => {
  const { zendesk, session, store, clock, again } = await byRefreshToken(t)
  await session.perform(next())
  const other = again()
  const [name = ''] = store.kept.keys()
  const old = store.kept.get(name) ?? ''
  clock.pass(3_600_000)
  await other.perform(next())
  const fresh = store.kept.get(name) ?? ''
  // The other process refreshes between this one's look into the store and its own refresh.
  let looks = 0
  const racing = sessionOn(t, zendesk, {
    settings: { ...byClient, oauth_refresh_token: 'unused' },
    clock,
    credentials: {
      load: async () => relabel(looks++ === 0 ? old : fresh, 'unused'),
      forget: async () => {},
      alone: (_, work) => work(),
      save: async () => {
        t.fail('nothing to save')
      },
    },
  })
  await racing.perform(next())
  t.equal(zendesk.grants, 2)
  t.equal(zendesk.comments(TICKET).length, 3)
})

/** The stored pair as if it came of another token in the settings. */
function relabel(stored: string, refreshToken: string): string {
  const origin = createHash('sha256').update(refreshToken).digest('hex').slice(0, 16)
  return JSON.stringify({ ...JSON.parse(stored), origin })
}

t.test('without a place for the successor the refresh token is not used up', async (t) => {
  const { zendesk, clock } = await opened(t)
  const settings = { ...byClient, oauth_refresh_token: zendesk.authorize(client.identifier, 29) }
  const session = sessionOn(t, zendesk, { settings, clock })
  t.match(await failureSeen(session.perform(next())), { verdict: 'pause', message: /set credentials\.keys/ })
  t.match(await session.check(), [{ level: 'error', setting: 'oauth_refresh_token', message: /credentials\.keys/ }])
  t.strictSame(zendesk.requests, [])
})
