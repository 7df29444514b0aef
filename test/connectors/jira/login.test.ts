import t from 'tap'
import jira from '../../../src/connectors/jira/index.ts'
import type { Answer } from '../../../src/stand-ins/stand-in.ts'
import { failure, openSession } from '../../harness.ts'
import { startGateway } from '../../targets/gateway.ts'
import { relayUser, startJira } from '../../targets/jira.ts'
import { commentJob, isWrite, open, stateJob } from './setup.ts'

const PASSWORD = { api_username: 'relay', api_password: 'correct horse' }
const JSON_TYPE = { 'content-type': 'application/json' }

t.test('a password of a Data Center account is sent by basic authentication', async (t) => {
  const { target, perform } = await open(t, {}, PASSWORD)
  await perform(commentJob())
  t.equal(target.requests[0]?.headers.authorization, `Basic ${Buffer.from('relay:correct horse').toString('base64')}`)
})

t.test('a wrong password is not tried again, because JIRA would lock the account', async (t) => {
  const { target, perform } = await open(t, {}, { ...PASSWORD, api_password: 'wrong' })
  const error = await failure(perform(commentJob()))
  t.strictSame([error.verdict, error.status], ['pause', 401])
  t.match(error.message, /does not accept api_username and api_password/)
  t.notMatch(error.message, /wrong/)
  t.strictSame(target.comments('TEST-1'), [])
})

t.test('a CAPTCHA is reported as what it is, though the password be right', async (t) => {
  const { perform } = await open(t, { captchaAfter: 0 }, PASSWORD)
  const error = await failure(perform(stateJob('started')))
  t.strictSame([error.verdict, error.status], ['pause', 403])
  t.match(error.message, /CAPTCHA.*log in once with it in a browser/)
})

t.test('basic authentication that is switched off points to the personal access token', async (t) => {
  const { perform } = await open(t, { basicAuth: false }, PASSWORD)
  const error = await failure(perform(commentJob()))
  t.strictSame([error.verdict, error.status], ['pause', 403])
  t.match(error.message, /switched off: use personal_access_token/)
})

t.test('a personal access token that has run out holds the integration', async (t) => {
  const { perform } = await open(t, {}, { personal_access_token: 'old' })
  const error = await failure(perform(commentJob()))
  t.strictSame([error.verdict, error.status], ['hold', 401])
  t.match(error.message, /personal_access_token: the token has run out or was revoked/)
})

t.test('a wrong base_url pauses the integration, and no delivery is given up', async (t) => {
  const { target } = await open(t)
  const wrong = await open(t, {}, { base_url: `${target.url}/elsewhere` })
  for (const work of [wrong.perform(commentJob()), wrong.perform(stateJob('started'))]) {
    const error = await failure(work)
    t.strictSame([error.verdict, error.status, error.setting], ['pause', 404, 'base_url'])
    t.match(error.message, /There is no JIRA at .*\/elsewhere: it answered 404/)
  }
  t.equal((await failure(wrong.confirm(commentJob(), new Date()))).verdict, 'pause')
})

t.test('an OAuth token goes to the gateway, and people are still sent to the site', async (t) => {
  const target = { deployment: 'Cloud', cloudId: 'c1', users: [relayUser({ oauthToken: 'oauth' })] } as const
  const opened = await open(t, target, { oauth_token: 'oauth', api_base_url: 'http://127.0.0.1:1' })
  t.equal((await failure(opened.perform(commentJob()))).verdict, 'retry', 'api_base_url is where requests go')
  const other = await open(t, target, { oauth_token: 'oauth', api_base_url: `${opened.target.url}/ex/jira/c1` })
  const receipt = await other.perform(commentJob())
  t.equal(opened.target.requests.at(-1)?.path, '/ex/jira/c1/rest/api/3/issue/TEST-1/comment')
  t.ok(receipt.url?.startsWith(`${other.target.url}/browse/TEST-1?`))
})

t.test('a login that failed but was answered all the same writes nothing', async (t) => {
  const { target, perform, confirm } = await open(
    t,
    { deployment: 'Cloud', anonymous: ['BROWSE_PROJECTS', 'ADD_COMMENTS', 'TRANSITION_ISSUES'] },
    { api_username: 'relay', api_password: 'expired' },
  )
  for (const work of [
    () => perform(commentJob()),
    () => perform(stateJob('started')),
    () => confirm(stateJob('started'), new Date()),
  ]) {
    const error = await failure(work())
    t.equal(error.verdict, 'pause')
    t.match(error.message, /does not accept api_username and api_password/)
  }
  t.strictSame(target.requests.filter(isWrite), [])
})

t.test(
  'where anybody may look, a login that never reached JIRA is no missing permission and no missing ticket',
  async (t) => {
    for (const anonymous of [['BROWSE_PROJECTS'], []]) {
      const target = await startJira({ deployment: 'Cloud', anonymous })
      const gateway = await startGateway(target, { drops: ['authorization'] })
      const opened = openSession(jira, { base_url: gateway.url, ...PASSWORD })
      t.teardown(async () => {
        await opened.close()
        await gateway.close()
        await target.close()
      })
      target.add('TEST-1')
      const { perform, confirm } = opened.session
      for (const work of [
        async () => await perform?.(stateJob('started')),
        async () => await confirm?.(stateJob('started'), new Date()),
      ]) {
        const { verdict, message } = await failure(work())
        t.equal(verdict, 'pause')
        t.match(message, /does not accept api_username and api_password/)
      }
      t.equal(target.statusOf('TEST-1'), 'Open')
    }
  },
)

t.test('a write that went through without the login is looked for, not repeated', async (t) => {
  const { target, perform, confirm } = await open(t)
  const since = new Date()
  await perform(commentJob({ key: 'first' }))
  const answer: Answer = {
    status: 201,
    headers: { ...JSON_TYPE, 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' },
    body: '{"id":"1"}',
  }
  target.fault(answer, { where: isWrite })
  t.equal((await failure(perform(commentJob()))).verdict, 'in doubt')
  t.equal(await confirm(commentJob(), since), 'absent')
  t.equal(target.requests.filter(({ path }) => path.endsWith('/myself')).length, 2, 'the login is proven anew')
})

t.test('what JIRA and what stands before it answer decides what becomes of a delivery', async (t) => {
  const later = new Date(Date.now() + 60_000).toISOString()
  const page = { 'content-type': 'text/html' }
  const cases: [string, Answer, string, RegExp, number | null][] = [
    [
      'anonymous',
      { status: 200, headers: { ...JSON_TYPE, 'x-ausername': 'anonymous' }, body: '{}' },
      'hold',
      /run out/,
      null,
    ],
    ['a login page', { status: 200, headers: page, body: '<!DOCTYPE html><form>' }, 'hold', /web page.*base_url/, null],
    [
      'no application access',
      { status: 403, headers: page, body: '<html>' },
      'hold',
      /access to the application/,
      null,
    ],
    [
      'not let in',
      { status: 403, headers: { ...page, 'x-seraph-loginreason': 'AUTHORISATION_FAILED' }, body: '' },
      'hold',
      /does not let it in/,
      null,
    ],
    [
      'denied unseen',
      { status: 200, headers: { ...JSON_TYPE, 'x-seraph-loginreason': 'AUTHENTICATION_DENIED' }, body: '{}' },
      'pause',
      /CAPTCHA/,
      null,
    ],
    [
      'asked for a CAPTCHA',
      {
        status: 403,
        headers: { ...page, 'x-authentication-denied-reason': 'CAPTCHA_CHALLENGE; login-url=x' },
        body: '',
      },
      'pause',
      /CAPTCHA/,
      null,
    ],
    ['not for this ticket', { status: 403, headers: JSON_TYPE, body: '{"errorMessages":["No"]}' }, 'dead', /403/, null],
    [
      'gone',
      { status: 410, headers: JSON_TYPE, body: '{"errorMessages":["removed"]}' },
      'pause',
      /no longer has/,
      null,
    ],
    ['a redirect', { status: 302, headers: { location: 'https://sso.example.com/' } }, 'hold', /redirect/, null],
    ['burst', limited({ 'ratelimit-reason': 'jira-burst-based', 'retry-after': '7' }), 'hold', /rate limit/, 7000],
    [
      'quota',
      limited({ 'ratelimit-reason': 'jira-quota-global-based', 'retry-after': '900' }),
      'hold',
      /rate/,
      900_000,
    ],
    ['Data Center', limited({ 'x-ratelimit-interval-seconds': '60' }), 'hold', /rate limit/, 60_000],
    ['go on', limited({ 'retry-after': '0' }), 'hold', /rate limit/, 0],
    [
      'one ticket',
      limited({ 'ratelimit-reason': 'jira-per-issue-on-write', 'retry-after': '2' }),
      'retry',
      /one ticket/,
      2000,
    ],
    ['down', { status: 503, headers: page, body: '<html>' }, 'retry', /503/, null],
    ['please wait', { status: 503, headers: { ...page, 'retry-after': '30' } }, 'retry', /503/, 30_000],
    [
      'broken',
      { status: 500, headers: JSON_TYPE, body: '{"errorMessages":["Internal server error"]}' },
      'retry',
      /500/,
      null,
    ],
    ['no JSON', { status: 200, headers: JSON_TYPE, body: '{"fields":' }, 'retry', /not JSON/, null],
    ['other JSON', { status: 200, headers: JSON_TYPE, body: '{"fields":{}}' }, 'retry', /another shape/, null],
  ]
  const { target, perform } = await open(t)
  // Behind the proof of the login, whose answers mean the same.
  const isOfTicket = ({ path }: { path: string }): boolean => path.includes('/issue/')
  for (const [name, answer, verdict, message, wait] of cases) {
    target.fault(answer, { where: isOfTicket })
    const error = await failure(perform(stateJob('started')))
    t.strictSame([error.verdict, error.retryAfterMs], [verdict, wait], name)
    t.match(error.message, message, name)
  }
  target.fault(limited({ 'x-ratelimit-reset': later }))
  const { retryAfterMs } = await failure(perform(stateJob('started')))
  t.ok(retryAfterMs !== null && retryAfterMs > 0 && retryAfterMs <= 60_000, 'the time of the reset')
  t.strictSame(target.requests.filter(isWrite), [])
})

t.test('an answer to a write that says nothing certain leaves it in doubt', async (t) => {
  for (const fault of [
    { status: 500, headers: JSON_TYPE, body: '{}' },
    { status: 503, headers: { 'content-type': 'text/html' }, body: '<html>' },
    { status: 503, headers: { 'retry-after': '30' }, body: '' },
    { status: 504, headers: {}, body: '' },
    { status: 200, headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html>' },
    'garbage',
    'lose the answer',
  ] as const) {
    const { target, perform } = await open(t)
    target.fault(fault, { where: isWrite })
    t.equal((await failure(perform(commentJob()))).verdict, 'in doubt', JSON.stringify(fault))
  }
})

t.test('a write whose answer broke off has happened all the same', async (t) => {
  const { target, perform } = await open(t)
  target.fault('reset mid-body', { where: isWrite })
  const receipt = await perform(commentJob())
  t.match(receipt.url, /\/browse\/TEST-1/)
  t.equal(target.comments('TEST-1').length, 1)
})

t.test('too many writes to one ticket wait, and leave the other tickets alone', async (t) => {
  const { target, perform } = await open(t, { writesPerTicket: { count: 2, withinMs: 3_600_000 } })
  target.add('TEST-2')
  await perform(commentJob({ key: 'a' }))
  await perform(commentJob({ key: 'b' }))
  const error = await failure(perform(commentJob({ key: 'c' })))
  t.strictSame([error.verdict, error.status, error.retryAfterMs], ['retry', 429, 3_600_000])
  await perform(commentJob({ key: 'd', ticket: 'TEST-2' }))
  t.strictSame([target.comments('TEST-1').length, target.comments('TEST-2').length], [2, 1])
})

t.test('a JIRA that cannot be reached is tried again', async (t) => {
  const { target, perform } = await open(t)
  await target.close()
  const error = await failure(perform(commentJob()))
  t.strictSame([error.verdict, error.targetDown], ['retry', true])
})

function limited(headers: Record<string, string>): Answer {
  return { status: 429, headers: { ...JSON_TYPE, ...headers }, body: '{"errorMessages":["Rate limit exceeded."]}' }
}

t.test(
  'a token of Cloud that lacks a scope is told which scopes it needs, by deliveries and by the check',
  async (t) => {
    for (const status of [401, 403]) {
      const { target, session, perform } = await open(
        t,
        { deployment: 'Cloud' },
        { api_username: 'relay', api_password: 'correct horse' },
      )
      const body = JSON.stringify({ code: status, message: 'Unauthorized; scope does not match' })
      target.down({ status, headers: { 'content-type': 'application/json' }, body })
      const error = await failure(perform(commentJob()))
      t.strictSame([error.verdict, error.setting], ['hold', 'api_password'])
      t.match(error.message, /lacks a scope.*read:jira-user, read:jira-work and, to write, write:jira-work/)
      t.match(await session.check?.(), [{ level: 'error', setting: 'api_password', message: /lacks a scope/ }])
    }
  },
)
