import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Credentials, Session } from '../../../src/connectors/contract/connector.ts'
import jira from '../../../src/connectors/jira/index.ts'
import { recordExchanges } from '../../../src/http/recording.ts'
import type { Exchange } from '../../../src/http/send.ts'
import { sealedCredentials } from '../../../src/store/sealed-credentials.ts'
import { openStore } from '../../../src/store/store.ts'
import { clockAt, failure, failureSeen, openSession } from '../../harness.ts'
import { freshFolder, writeMigratedDatabase } from '../../store/database.ts'
import { freshPostgres } from '../../store/postgres.ts'
import { app, CLOUD_ID, serviceAccount, startAtlassian } from '../../targets/atlassian.ts'
import { relayUser, startJira } from '../../targets/jira.ts'
import { credentialStore } from '../credential-store.ts'
import { withoutPostgres } from '../other/postgres-cluster.ts'
import { commentJob } from './setup.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

interface Teardown {
  teardown(then: () => Promise<void>): void
}

async function cloud(t: Teardown, options: { scopes?: readonly string[]; siteUrl?: string } = {}) {
  const clock = clockAt()
  const target = await startJira({
    deployment: 'Cloud',
    cloudId: CLOUD_ID,
    users: [relayUser({ oauthToken: 'inner' })],
    now: clock.now,
  })
  const ticket = target.add('TEST-1')
  const atlassian = await startAtlassian({ jira: target, token: 'inner', now: clock.now, ...options })
  t.teardown(async () => {
    await atlassian.close()
    await target.close()
  })
  function session(settings: object, credentials?: Credentials): Required<Pick<Session, 'perform' | 'check'>> {
    const { session, close } = openSession(
      jira,
      {
        base_url: target.url,
        api_base_url: `${atlassian.url}/ex/jira/${CLOUD_ID}`,
        oauth_token_url: `${atlassian.url}/oauth/token`,
        ...settings,
      },
      { now: clock.now, credentials, timeoutMs: 5000 },
    )
    t.teardown(close)
    const { perform, check } = session
    if (perform === undefined || check === undefined) throw new Error('a function is missing')
    return { perform, check }
  }
  const byService = { oauth_client_id: serviceAccount.id, oauth_client_secret: serviceAccount.secret }
  const byApp = (refreshToken = atlassian.authorize()) => ({
    oauth_client_id: app.id,
    oauth_client_secret: app.secret,
    oauth_refresh_token: refreshToken,
  })
  return { clock, target, ticket, atlassian, session, byService, byApp }
}

const isToken = ({ path }: { path: string }): boolean => path === '/oauth/token'
let number = 0
const next = () => commentJob({ key: `dlv_${number++}`, text: `comment ${number}` })

t.test('a service account gets its tokens from Atlassian, and a link for people leads to the site', async (t) => {
  const { atlassian, target, session, byService, clock, ticket } = await cloud(t)
  const { perform } = session(byService)
  const receipt = await perform(next())
  t.ok(receipt.url?.startsWith(`${target.url}/browse/TEST-1?`))
  t.strictSame(JSON.parse(atlassian.requests.find(isToken)?.body.toString() ?? ''), {
    grant_type: 'client_credentials',
    client_id: serviceAccount.id,
    client_secret: serviceAccount.secret,
    audience: 'api.atlassian.com',
  })
  await perform(next())
  t.equal(atlassian.grants, 1)
  clock.pass(HOUR_MS - MINUTE_MS / 2)
  await perform(next())
  atlassian.revokeAccessTokens()
  await perform(next())
  t.equal(atlassian.grants, 3, 'one more at its end, and one more after a refusal')
  t.equal(ticket.comments.length, 4)
})

t.test('each refresh token is used once, and its successor after a restart', async (t) => {
  const { atlassian, session, byApp, clock, ticket } = await cloud(t)
  const store = credentialStore()
  const settings = byApp()
  await session(settings, store).perform(next())
  t.strictSame([...store.kept.keys()], ['jira/jira/oauth'])
  await session(settings, store).perform(next())
  t.equal(atlassian.grants, 1, 'a stored token that still lives is used')
  for (const days of [80, 80]) {
    clock.pass(days * DAY_MS)
    await session(settings, store).perform(next())
  }
  const used = atlassian.requests.filter(isToken).map(({ body }) => JSON.parse(body.toString()).refresh_token)
  t.equal(new Set(used).size, 3)
  t.equal(ticket.comments.length, 4)
})

const onDatabases = {
  async SQLite(t: Test) {
    const file = join(freshFolder(t), 'relay.db')
    await writeMigratedDatabase(file)
    return { client: 'sqlite', file } as const
  },
  PostgreSQL: async (t: Test) => ({ client: 'postgres', file: '', url: await freshPostgres(t) }) as const,
}

for (const [name, database] of Object.entries(onDatabases))
  t.test(
    `instances that need a new token at once, and share ${name}, use each refresh token once`,
    { skip: name === 'PostgreSQL' && process.env.CI === undefined && (withoutPostgres ?? false) },
    async (t) => {
      const { atlassian, session, byApp, clock, ticket } = await cloud(t)
      const settings = await database(t)
      const login = byApp()
      const instances = [1, 2, 3].map(() => {
        const store = openStore(settings)
        t.teardown(() => store.close())
        return session(login, sealedCredentials(store, ['a key that is long enough for the test of it'], Date.now))
      })
      for (const round of [1, 2, 3]) {
        await Promise.all(instances.map(({ perform }) => perform(next())))
        t.equal(atlassian.grants, round, 'one of them has got it, and the others found it')
        clock.pass(2 * HOUR_MS)
      }
      const used = atlassian.requests.filter(isToken).map(({ body }) => JSON.parse(body.toString()).refresh_token)
      t.equal(new Set(used).size, 3)
      t.equal(ticket.comments.length, 9)
    },
  )

t.test('an answer with new tokens that was lost is made up for with the old refresh token', async (t) => {
  const { atlassian, session, byApp, clock, ticket } = await cloud(t)
  const { perform } = session(byApp(), credentialStore())
  atlassian.fault('lose the answer', { where: isToken })
  const error = await failure(perform(next()))
  t.strictSame([error.verdict, error.targetDown], ['retry', true])
  clock.pass(9 * MINUTE_MS)
  await perform(next())
  t.equal(ticket.comments.length, 1)
})

t.test('a refresh token that ended pauses the integration and says what to do, and a new one is taken', async (t) => {
  const { atlassian, session, byApp, clock, ticket } = await cloud(t)
  const store = credentialStore()
  const settings = byApp()
  await session(settings, store).perform(next())
  clock.pass(91 * DAY_MS)
  t.strictSame(await failureSeen(session(settings, store).perform(next())), {
    verdict: 'pause',
    message:
      'Atlassian no longer accepts the refresh token: it expired, was revoked, or was replaced by one that was lost; authorize the app again and set the new oauth_refresh_token',
    status: 403,
    retryAfterMs: null,
  })
  await session(byApp(), store).perform(next())
  t.equal(ticket.comments.length, 2)
  atlassian.revokeAll()
  t.equal((await failure(session(settings, store).perform(next()))).setting, 'oauth_refresh_token')
})

t.test('new tokens that could not be stored are not used, and are stored before anything else', async (t) => {
  const { atlassian, session, byApp, ticket } = await cloud(t)
  const store = credentialStore()
  const { perform } = session(byApp(), store)
  store.fail(true)
  for (let tries = 0; tries < 2; tries += 1)
    t.match(await failureSeen(perform(next())), { verdict: 'hold', message: /could not be read from or stored/ })
  t.equal(atlassian.requests.length, 1, 'only the refresh itself')
  store.fail(false)
  await perform(next())
  t.equal(atlassian.grants, 1)
  t.equal(ticket.comments.length, 1)
})

t.test('without a key to encrypt its successor the refresh token is not used up', async (t) => {
  const { atlassian, session, byApp } = await cloud(t)
  const { perform, check } = session(byApp())
  t.match(await failureSeen(perform(next())), { verdict: 'pause', message: /set credentials\.keys/ })
  t.match(await check(), [{ level: 'error', setting: 'oauth_refresh_token', message: /credentials\.keys/ }])
  t.strictSame(atlassian.requests, [])
})

t.test('a client that Atlassian does not know is named as the fault, with and without a refresh token', async (t) => {
  const { session, byApp, byService } = await cloud(t)
  const wrong = { oauth_client_secret: 'ATOA-wrong' }
  for (const settings of [
    { ...byApp(), ...wrong },
    { ...byService, ...wrong },
  ]) {
    const error = await failure(session(settings, credentialStore()).perform(next()))
    t.strictSame([error.verdict, error.status, error.setting], ['hold', 401, 'oauth_client_secret'])
    t.match(error.message, /\(access_denied\); check oauth_client_id and oauth_client_secret/)
    t.notMatch(error.message, /ATOA/)
  }
  const { oauth_refresh_token: _, ...appAlone } = byApp()
  t.match(await failureSeen(session(appAlone).perform(next())), { verdict: 'hold', message: /oauth_refresh_token/ })
})

t.test('a token endpoint that is down, limited or another server leaves nothing in doubt', async (t) => {
  const { atlassian, session, byService, ticket } = await cloud(t)
  const { perform } = session(byService)
  for (const [fault, verdict, setting] of [
    [{ status: 502 }, 'retry', null],
    [{ status: 429, headers: { 'retry-after': '9' } }, 'hold', null],
    [{ status: 200, body: '<html>' }, 'hold', 'oauth_token_url'],
  ] as const) {
    atlassian.fault(fault, { where: isToken })
    const error = await failure(perform(next()))
    t.strictSame([error.verdict, error.setting], [verdict, setting])
  }
  await perform(next())
  t.equal(ticket.comments.length, 1)
})

t.test('a token that lacks a scope says which are needed and where to give them', async (t) => {
  const { session, byApp, byService } = await cloud(t, { scopes: ['read:jira-user', 'read:jira-work'] })
  const error = await failure(session(byService).perform(next()))
  t.strictSame([error.verdict, error.status, error.setting], ['hold', 401, 'oauth_client_secret'])
  t.match(error.message, /read:jira-user, read:jira-work and, to write, write:jira-work; make another credential/)
  const { check } = session(byApp(), credentialStore())
  t.match(
    (await check()).filter(({ level }) => level === 'error'),
    [{ setting: 'oauth_refresh_token', message: /lacks the scopes write:jira-work: give the app these/ }],
  )
  const importing = session({ ...byService, update_comments: false, update_state: false })
  t.strictSame(
    (await importing.check()).filter(({ level }) => level === 'error'),
    [],
  )
})

t.test('check tells the account, the scopes and a cloud id of another site', async (t) => {
  const { session, byService, atlassian, target } = await cloud(t)
  t.match(await session(byService).check(), [
    { level: 'ok', message: 'JIRA knows the account as "Tracker Relay".' },
    { level: 'ok', message: 'The token has the scopes read:jira-user, read:jira-work, write:jira-work.' },
  ])
  const elsewhere = session({ ...byService, api_base_url: `${atlassian.url}/ex/jira/other` })
  t.strictSame(await elsewhere.check(), [
    {
      level: 'error',
      setting: 'api_base_url',
      message: `The token is not for the site of api_base_url; set https://api.atlassian.com/ex/jira/${CLOUD_ID}, which is ${target.url}.`,
    },
  ])
  const moved = await cloud(t, { siteUrl: 'https://acme.atlassian.net' })
  t.match(
    (await moved.session(moved.byService).check()).filter(({ level }) => level !== 'ok'),
    [{ level: 'warning', setting: 'base_url', message: /for https:\/\/acme\.atlassian\.net, but base_url is/ }],
  )
})

t.test('no record of an attempt shows a token, even where an answer repeats it', async (t) => {
  const { atlassian, session, byApp } = await cloud(t)
  const store = credentialStore()
  const { perform } = session(byApp(), store)
  await perform(next())
  const { accessToken, refreshToken } = JSON.parse(store.kept.get('jira/jira/oauth') ?? '{}')
  const body = JSON.stringify({ errorMessages: [`not with Bearer ${accessToken}`], errors: {} })
  const answer = { status: 400, headers: { 'content-type': 'application/json' }, body }
  atlassian.fault(answer, { where: ({ method, path }) => method === 'POST' && path.endsWith('/comment') })
  const exchanges: Exchange[] = []
  const error = await recordExchanges(exchanges, () => failure(perform(next())))
  const shown = `${JSON.stringify(exchanges)} ${error.message}`
  t.match(shown, /not with Bearer \[secret\]/)
  t.notOk([accessToken, refreshToken, app.secret].some((each) => shown.includes(each)))
})
