import t from 'tap'
import { apiToken } from '../../../src/stand-ins/zendesk.ts'
import { byClient, opened, sessionOn } from './opened.ts'

const byToken = { user_email: 'relay@acme.example', api_token: apiToken }
const retirement = {
  level: 'warning',
  setting: 'api_token',
  message:
    'Zendesk deactivates API tokens that were not used for 30 days, and switches all of them off on 30 April 2027; set up oauth_client_id and oauth_client_secret before then',
} as const

t.test('a working login tells who it is and what it may do', async (t) => {
  const { zendesk, session } = await opened(t)
  t.strictSame(await session.check(), [
    { level: 'ok', setting: null, message: `logged in to ${zendesk.url} as "Tracker Relay" (agent)` },
    { level: 'ok', setting: null, message: 'may read and write tickets' },
  ])
  t.ok(zendesk.requests.every(({ method, path }) => method === 'GET' || path === '/oauth/tokens'))
})

t.test('logins that Zendesk ends are warned of', async (t) => {
  const { zendesk, session } = await opened(t, { settings: byToken })
  t.strictSame(await session.check(), [
    retirement,
    { level: 'ok', setting: null, message: `logged in to ${zendesk.url} as "Tracker Relay" (agent)` },
    { level: 'ok', setting: null, message: 'may read tickets' },
  ])
})

t.test('a login that looks like success but is nobody is an error', async (t) => {
  const { session } = await opened(t, { settings: byToken, losesLogin: true })
  t.match(await session.check(), [retirement, { level: 'error', setting: 'api_token', message: /anonymous visitor/ }])
})

t.test('an end user cannot comment in private', async (t) => {
  const user = { id: 29, name: 'Kirk', email: 'relay@acme.example', role: 'end-user' as const }
  const { session } = await opened(t, { users: [user] })
  t.strictSame(await session.check(), [
    {
      level: 'error',
      setting: 'oauth_client_secret',
      message: "Zendesk's user 29 is an end user, whose comments are public; log in as an agent or administrator",
    },
  ])
})

t.test('a light agent and a restricted one are warned of', async (t) => {
  const user = {
    id: 29,
    name: 'Chekov',
    email: 'relay@acme.example',
    role: 'agent' as const,
    lightAgent: true,
    ticketRestriction: 'groups' as const,
  }
  const { session } = await opened(t, { users: [user] })
  const findings = await session.check()
  t.match(findings, [
    { level: 'ok' },
    { level: 'warning', setting: 'update_state', message: /light agent/ },
    { level: 'warning', setting: null, message: /restricted by groups/ },
    { level: 'ok' },
  ])
})

t.test('a missing scope is named', async (t) => {
  const narrow = await opened(t, {
    clients: [
      {
        identifier: byClient.oauth_client_id,
        secret: byClient.oauth_client_secret,
        userId: 29,
        allowedScopes: ['tickets:read', 'users:read'],
      },
    ],
  })
  t.match(await narrow.session.check(), [
    { level: 'ok' },
    { level: 'error', setting: 'oauth_client_id', message: /the scope tickets:write/ },
  ])
  const { zendesk, clock } = await opened(t)
  const session = sessionOn(t, zendesk, { clock, settings: { oauth_token: zendesk.accessToken(29, 'users:read') } })
  t.match(await session.check(), [
    { level: 'warning', setting: 'oauth_token' },
    { level: 'ok' },
    { level: 'error', setting: null, message: /may not read tickets/ },
  ])
})

t.test('each refused login names its own setting, an address that does not answer names url', async (t) => {
  const { zendesk, clock } = await opened(t)
  for (const [settings, setting] of [
    [{ ...byClient, oauth_client_secret: 'wrong' }, 'oauth_client_secret'],
    [{ oauth_token: 'wrong' }, 'oauth_token'],
    [{ user_email: 'relay@acme.example', api_token: 'wrong' }, 'api_token'],
    [{ user_email: 'relay@acme.example', user_password: 'wrong' }, 'user_password'],
  ] as const) {
    const findings = await sessionOn(t, zendesk, { settings, clock }).check()
    t.match(findings.at(-1), { level: 'error', setting }, setting)
  }
  for (const [settings, date] of [
    [{ oauth_token: 'wrong' }, /only tokens that expire, and makes all refresh them from 1 April 2027/],
    [
      { user_email: 'relay@acme.example', api_token: 'wrong' },
      /not used for 30 days, and switches all .* 30 April 2027/,
    ],
    [{ user_email: 'relay@acme.example', user_password: 'wrong' }, /ended password access in January 2026/],
  ] as const)
    t.match((await sessionOn(t, zendesk, { settings, clock }).check())[0], { level: 'warning', message: date })
  zendesk.down({ status: 404, body: 'no such help desk' })
  t.match((await sessionOn(t, zendesk, { settings: { oauth_token: 'x' }, clock }).check()).at(-1), { setting: 'url' })
  await zendesk.close()
  t.match((await sessionOn(t, zendesk, { settings: byClient, clock }).check()).at(-1), { setting: 'url' })
})
