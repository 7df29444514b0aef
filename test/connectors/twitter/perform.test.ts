import t from 'tap'
import type { Answer } from '../../../src/stand-ins/stand-in.ts'
import { announcing, clockAt, failureSeen } from '../../harness.ts'
import { opened, sessionOn } from './opened.ts'

const MINUTE = 60_000

t.test('a post is one signed JSON request, and the receipt has its URL', async (t) => {
  const { target, session } = await opened(t)
  const receipt = await session.perform(announcing())
  const id = String(target.posts[0]?.id)
  t.strictSame(receipt, { id, url: `https://x.com/i/web/status/${id}` })
  t.equal(target.requests.length, 1)
  t.equal(target.requests[0]?.body.toString(), '{"text":"James Kirk accepted \\"More power to shields\\""}')
  await session.perform(announcing({ what: 'delivered' }))
  t.equal(target.posts.length, 2, 'each request has a nonce of its own')
})

t.test('a link is counted as X counts it and arrives', async (t) => {
  const { target, session } = await opened(t, { settings: { include_link: true } })
  await session.perform(announcing({ what: 'commented', text: 'ä'.repeat(500) }))
  t.match(target.posts[0]?.text, /ä… ?" https:\/\/www\.pivotaltracker\.com\/story\/show\/109$/)
})

t.test('X refuses the same words twice, and the first attempt of a post fails with that reason', async (t) => {
  const { target, session } = await opened(t)
  await session.perform(announcing())
  t.match(await failureSeen(session.perform(announcing())), {
    verdict: 'dead',
    status: 403,
    message: /refuses the same words twice/,
  })
  t.equal(target.posts.length, 1)
})

t.test('each limit is shown, and its reset is waited for', async (t) => {
  const { target, session, clock } = await opened(t)
  const resetAt = new Date(clock.now().getTime() + 10 * MINUTE)
  const dayAt = new Date(clock.now().getTime() + 300 * MINUTE)
  target.state.window = { limit: 100, remaining: 2, resetAt }
  target.state.day = { limit: 17, remaining: 2, resetAt: dayAt }
  await session.perform(announcing())
  t.strictSame(session.limits, [
    ['15min', { limit: 100, remaining: 1, resetAt }],
    ['user_24h', { limit: 17, remaining: 1, resetAt: dayAt }],
  ])
  await session.perform(announcing({ what: 'delivered' }))
  t.equal(target.requests.length, 2)
  t.match(await failureSeen(session.perform(announcing({ what: 'rejected' }))), {
    verdict: 'hold',
    status: 429,
    retryAfterMs: 300 * MINUTE,
  })
  t.equal(target.requests.length, 2, 'X is not asked for what it has refused in advance')
  clock.pass(300 * MINUTE)
  await session.perform(announcing({ what: 'rejected' }))
  t.equal(target.posts.length, 3)
})

t.test('a clock that is set back makes nobody wait longer for the reset of a limit', async (t) => {
  const { target, session, clock } = await opened(t)
  target.state.window = { limit: 100, remaining: 1, resetAt: new Date(clock.now().getTime() + 10 * MINUTE) }
  await session.perform(announcing())
  clock.setBack(60 * MINUTE)
  const wait = { verdict: 'hold', status: 429, retryAfterMs: 10 * MINUTE }
  t.match(await failureSeen(session.perform(announcing({ what: 'delivered' }))), wait)
})

t.test('a 429 waits for the windows that are used up, or a quarter of an hour if none is told', async (t) => {
  const body = '{"title":"Too Many Requests","detail":"Too Many Requests","type":"about:blank","status":429}'
  const clock = clockAt()
  const at = (minutes: number): string => String(Math.floor(clock.now().getTime() / 1000) + minutes * 60)
  const cases: [Answer['headers'], string, number][] = [
    [{}, body, 15],
    [{}, '{"errors":[{"code":88,"message":"Rate limit exceeded"}]}', 15],
    [{}, '<html>Too many requests</html>', 15],
    [{ 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': at(7) }, body, 7],
    [{ 'x-rate-limit-remaining': '3', 'x-rate-limit-reset': at(7) }, body, 15],
    [{ 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': at(-7) }, body, 15],
    [
      {
        'x-rate-limit-remaining': '0',
        'x-rate-limit-reset': at(7),
        'x-app-limit-24hour-remaining': '0',
        'x-app-limit-24hour-reset': at(90),
      },
      body,
      90,
    ],
    [
      {
        'x-rate-limit-remaining': '5',
        'x-rate-limit-reset': at(7),
        'x-user-limit-24hour-remaining': '0',
        'x-user-limit-24hour-reset': at(60),
      },
      body,
      60,
    ],
    [{ 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': at(100_000) }, body, 24 * 60],
    [{ 'x-rate-limit-remaining': 'none', 'x-rate-limit-reset': 'soon' }, body, 15],
    [{ 'retry-after': '1800' }, body, 30],
  ]
  const { target, settings } = await opened(t)
  for (const [headers, text, minutes] of cases) {
    const session = sessionOn(t, target, { settings, clock })
    target.fault({ status: 429, headers: { ...headers }, body: text })
    const told429 = await failureSeen(session.perform(announcing()))
    t.match(told429, { verdict: 'hold', status: 429, retryAfterMs: minutes * MINUTE }, JSON.stringify(headers))
  }
})

t.test('the verdict on a refusal depends on who can correct it', async (t) => {
  const problem = (status: number, detail: string, type = 'about:blank', more = {}): Answer => ({
    status,
    headers: { 'content-type': 'application/problem+json', date: 'Tue, 24 Nov 2026 06:00:00 GMT' },
    body: JSON.stringify({ title: 'Title', detail, type, status, ...more }),
  })
  const code = (status: number, number: number, message: string): Answer => ({
    status,
    body: JSON.stringify({ errors: [{ code: number, message }] }),
  })
  const cases: [string, Answer, string, RegExp][] = [
    [
      'revoked',
      problem(401, 'Unauthorized'),
      'pause',
      /no longer accepts the account's token; create a new access token/,
    ],
    ['no credits', problem(402, 'No credits'), 'hold', /credits.*tracker-relay resume/],
    ['no credits, no words', { status: 402 }, 'hold', /credits/],
    [
      'read only',
      problem(
        403,
        'Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.',
        'https://api.twitter.com/2/problems/oauth1-permissions',
      ),
      'pause',
      /"Read and write"/,
    ],
    [
      'not enrolled',
      problem(403, 'When authenticating', 'https://api.x.com/2/problems/client-forbidden', {
        reason: 'client-not-enrolled',
      }),
      'pause',
      /project or plan/,
    ],
    ['the older interface', code(403, 453, 'You currently have access to a subset'), 'pause', /project or plan/],
    ['suspended', problem(403, 'Gone', 'https://api.twitter.com/2/problems/user-suspended'), 'pause', /suspended/],
    [
      'suspended, by code',
      code(403, 64, 'Your account is not permitted to access this feature.'),
      'pause',
      /suspended/,
    ],
    ['locked', code(403, 326, 'To protect our users'), 'pause', /unlock/],
    [
      'the app alone',
      problem(
        403,
        'Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.',
        'https://api.twitter.com/2/problems/unsupported-authentication',
      ),
      'pause',
      /not of an account/,
    ],
    ['something else', problem(403, 'You are not permitted to perform this action.'), 'retry', /does not let/],
    ['spam', code(403, 226, 'This request looks like it might be automated.'), 'dead', /spam/],
    ['duplicate, by code', code(403, 187, 'Status is a duplicate.'), 'dead', /same words twice/],
    ['too long', code(403, 186, 'Tweet needs to be a bit shorter.'), 'dead', /too long/],
    ['cashtags', problem(403, 'more than one $cashtag'), 'dead', /templates/],
    ['over the daily limit', code(403, 185, 'User is over daily status update limit.'), 'hold', /limit/],
    [
      'bad request',
      { status: 400, body: '{"errors":[{"message":"$.text: bad"}],"title":"Invalid Request"}' },
      'dead',
      /bad/,
    ],
    ['no such address', { status: 404, body: '<html></html>' }, 'hold', /api_base_url/],
    ['a redirect', { status: 301, headers: { location: 'https://example.com' } }, 'hold', /redirect/],
    ['a sign-in page', { status: 200, body: '<html>Sign in</html>' }, 'in doubt', /api_base_url/],
    ['a server error', { status: 503, body: '<html>Over capacity</html>' }, 'in doubt', /503/],
    ['a gateway', { status: 504 }, 'in doubt', /504/],
    ['a slow server', problem(503, 'The request took too long to process.'), 'in doubt', /took too long/],
    ['a slow gateway', problem(504, 'upstream took too long'), 'in doubt', /504/],
    ['a server with a code', code(500, 186, 'cashtag'), 'in doubt', /500/],
    ['a server over its capacity', code(503, 185, 'Over capacity'), 'in doubt', /503/],
  ]
  const { target, settings, clock } = await opened(t)
  for (const [name, answer, verdict, message] of cases) {
    target.fault(answer)
    const session = sessionOn(t, target, { settings, clock })
    t.match(await failureSeen(session.perform(announcing())), { verdict, message }, name)
  }
  t.equal(target.requests.length, cases.length, 'each was asked once')
})

t.test('refusals of an account, an app and a plan are understood', async (t) => {
  const readOnly = await opened(t, { app: { permission: 'Read' } })
  t.match(await failureSeen(readOnly.session.perform(announcing())), { verdict: 'pause', message: /Read and write/ })
  const { target, session } = await opened(t)
  target.state.credits = false
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'hold', status: 402, retryAfterMs: 60 * MINUTE })
  target.state.credits = true
  target.state.enrolled = false
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'pause', message: /project or plan/ })
  target.state.enrolled = true
  target.state.suspended = true
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'pause', message: /suspended/ })
  target.state.suspended = false
  await session.perform(announcing())
  target.oauth.revokeAll()
  t.match(await failureSeen(session.perform(announcing({ what: 'rejected' }))), { verdict: 'pause', status: 401 })
  t.equal(target.posts.length, 1)
})

t.test('a 401 because of the clock says so', async (t) => {
  const { target, settings } = await opened(t)
  const session = sessionOn(t, target, { settings, clock: clockAt('2026-11-24T06:20:00.000Z') })
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'hold', message: /clock is 20 minutes ahead/ })
})

t.test('no error contains a secret', async (t) => {
  const { target, session, settings } = await opened(t)
  target.down({ status: 401, body: '{"detail":"Unauthorized"}' })
  const { message } = await failureSeen(session.perform(announcing()))
  const { access_token, access_token_secret } = settings as unknown as Record<string, string>
  for (const secret of [access_token, access_token_secret, target.app.consumerSecret])
    t.notMatch(message, String(secret))
})
