import t from 'tap'
import { Value } from 'typebox/value'
import { isHostMapped, siteOf } from '../../../src/connectors/zendesk/address.ts'
import zendesk from '../../../src/connectors/zendesk/index.ts'
import type { Settings } from '../../../src/connectors/zendesk/settings.ts'
import { problemsOf } from '../../harness.ts'

t.test('the address is understood in every way that people write it', async (t) => {
  const understood = {
    acme: 'https://acme.zendesk.com',
    ' Acme-2 ': 'https://acme-2.zendesk.com',
    'acme.zendesk.com': 'https://acme.zendesk.com',
    'https://acme.zendesk.com/': 'https://acme.zendesk.com',
    'https://acme.zendesk.com/agent/dashboard': 'https://acme.zendesk.com',
    'https://acme.zendesk.com/api/v2': 'https://acme.zendesk.com',
    'http://127.0.0.1:8080': 'http://127.0.0.1:8080',
    'http://localhost:8080': 'http://localhost:8080',
  }
  for (const [text, origin] of Object.entries(understood)) t.strictSame(siteOf(text), { origin }, text)
})

t.test('an address that would give the login away or cannot be right is refused', async (t) => {
  for (const text of [
    'http://acme.zendesk.com',
    'ftp://acme.zendesk.com',
    'https://me:pw@acme.zendesk.com',
    'https://acme.zendesk.com/somewhere',
    'https://',
    'not a host',
    '',
  ])
    t.ok('problem' in siteOf(text), text)
})

t.test('a host-mapped address is told from the one that the API answers at', async (t) => {
  t.ok(isHostMapped('https://support.acme.example'))
  t.ok(isHostMapped('https://evilzendesk.com'))
  t.notOk(isHostMapped('https://acme.zendesk.com'))
})

const client = { oauth_client_id: 'relay', oauth_client_secret: 's' }
const email = { user_email: 'kirk@acme.example' }
const cases: [string, Partial<Settings>, string[]][] = [
  ['client credentials', client, []],
  ['a refresh token of a confidential client', { ...client, oauth_refresh_token: 'r' }, []],
  ['a refresh token of a public client', { oauth_client_id: 'relay', oauth_refresh_token: 'r' }, []],
  ['an access token', { oauth_token: 'a' }, []],
  ['an API token', { ...email, api_token: 'a' }, []],
  ['a password', { ...email, user_password: 'p' }, []],
  ['an unused way that is left empty', { ...client, api_token: '', oauth_token: '' }, []],
  ['nothing', {}, ['oauth_client_id']],
  ['an email address alone', email, ['oauth_client_id']],
  ['half a client', { oauth_client_id: 'relay' }, ['oauth_client_secret']],
  ['the other half', { oauth_client_secret: 's' }, ['oauth_client_id']],
  ['a refresh token without its client', { oauth_refresh_token: 'r' }, ['oauth_client_id']],
  ['an API token without a user', { api_token: 'a' }, ['user_email']],
  ['a password without a user', { user_password: 'p' }, ['user_email']],
  ['two secrets of one user', { ...email, api_token: 'a', user_password: 'p' }, ['user_password']],
  ['a client and a token', { ...client, oauth_token: 'a' }, ['oauth_client_id']],
  ['a client and an API token', { ...client, ...email, api_token: 'a' }, ['oauth_client_id']],
  ['a client and a user', { ...client, ...email }, ['user_email']],
  ['an email address with the ending of a token', { user_email: 'a@b.example/token', api_token: 'a' }, ['user_email']],
]
for (const [name, settings, problems] of cases)
  t.test(`${name}: ${problems.length === 0 ? 'one way to log in' : `a problem of ${problems[0]}`}`, async (t) => {
    const full = Value.Default(zendesk.settings, { url: 'acme', ...settings })
    t.strictSame(
      problemsOf(zendesk, full).map(({ setting }) => setting),
      problems,
    )
    t.ok(Value.Check(zendesk.settings, full))
  })

t.test('a bad address and a missing login are told together', async (t) => {
  t.strictSame(
    problemsOf(zendesk, { url: 'http://acme.zendesk.com' }).map(({ setting }) => setting),
    ['url', 'oauth_client_id'],
  )
})

/** What a JSON schema says of a setting beside its type. */
interface Described {
  readonly description?: string
  readonly writeOnly?: boolean
}

t.test('every setting is described, secrets are write-only, and none is unknown', async (t) => {
  const properties = JSON.parse(JSON.stringify(zendesk.settings)).properties as Record<string, Described | undefined>
  t.strictSame(
    Object.keys(properties).filter((name) => (properties[name]?.description ?? '') === ''),
    [],
  )
  t.strictSame(
    Object.keys(properties).filter((name) => properties[name]?.writeOnly === true),
    ['oauth_client_secret', 'oauth_refresh_token', 'oauth_token', 'api_token', 'user_password'],
  )
  t.notOk(Value.Check(zendesk.settings, { url: 'acme', update_comments: true, update_state: true, password: 'x' }))
})
