import type { Test } from 'tap'
import t from 'tap'
import { Value } from 'typebox/value'
import type { Credentials, Job, Limit } from '../../../src/connectors/contract/connector.ts'
import mastodon from '../../../src/connectors/mastodon/index.ts'
import { lengthOf } from '../../../src/connectors/mastodon/post-length.ts'
import { examine, Settings } from '../../../src/connectors/mastodon/settings.ts'
import { startMastodon, TOKEN } from '../../../src/stand-ins/mastodon.ts'
import type { Answer } from '../../../src/stand-ins/stand-in.ts'
import { announcing, createLedger, failureSeen, openSession } from '../../harness.ts'

const MINUTE = 60_000
const link = 'https://www.pivotaltracker.com/story/show/109'

function filled(settings: object): Settings {
  const value = Value.Default(Settings, structuredClone(settings))
  Value.Assert(Settings, value)
  return value
}

async function opened(t: Test, settings: object = {}, { clockAheadMs = 0 } = {}) {
  let at = Date.parse('2026-11-24T06:00:00.000Z')
  const now = (): Date => new Date(at)
  const target = await startMastodon({ now, clockAheadMs })
  t.teardown(() => target.close())
  const limits: [string, Limit][] = []
  const kept = new Map<string, string>()
  const credentials: Credentials = {
    load: async (name) => kept.get(name) ?? null,
    save: async (name, value) => void kept.set(name, value),
    forget: async (name) => void kept.delete(name),
    alone: (_, work) => work(),
  }
  const ledger = createLedger()
  const open = (more: object = {}) => {
    const { session, close } = openSession(
      mastodon,
      { base_url: `${target.url}/`, access_token: TOKEN, ...settings, ...more },
      {
        integration: 'social',
        timeoutMs: 10_000,
        now,
        limit: (window, state) => limits.push([window, state]),
        credentials,
        ledger,
      },
    )
    t.teardown(close)
    const { perform, confirm, check } = session
    if (perform === undefined || confirm === undefined || check === undefined) throw new Error('a function is missing')
    return { perform, confirm, check }
  }
  const pass = (ms: number): void => {
    at += ms
  }
  return { target, session: open(), again: open, limits, kept, ledger, now, pass }
}

t.test('a post tells who did what with which story, with the link, to those who follow', async (t) => {
  const { target, session, limits } = await opened(t)
  t.strictSame(await session.perform(announcing({ text: 'Well done' })), {
    id: '1',
    url: 'https://example.social/@enterprise/1',
  })
  t.match(target.statuses, [
    { text: `James Kirk accepted "More power to shields": "Well done" ${link}`, visibility: 'unlisted' },
  ])
  t.match(limits, [['requests', { limit: 300, remaining: 299 }]])
  const without = await opened(t, { include_link: false, visibility: 'direct' })
  await without.session.perform(announcing())
  t.match(without.target.statuses, [{ text: 'James Kirk accepted "More power to shields"', visibility: 'direct' }])
})

t.test('a repeat with the same key writes nothing, and two events with the same words are two posts', async (t) => {
  const { target, session } = await opened(t)
  const job = announcing()
  target.fault('lose the answer', { where: ({ method }) => method === 'POST' })
  t.match(await failureSeen(session.perform(job)), { verdict: 'in doubt' })
  t.match(await session.perform(job), { id: '1' })
  t.equal(target.statuses.length, 1)
  await session.perform(announcing())
  t.equal(target.statuses.length, 2)
  const keys = target.requests.flatMap(({ headers }) => headers['idempotency-key'] ?? [])
  t.equal(new Set(keys).size, 2)
  t.notMatch(keys.join(' '), job.key)
})

t.test('a doubtful post is found among the own ones, also after the hour in which a repeat is safe', async (t) => {
  const { target, session, again, now, pass } = await opened(t)
  const job = announcing(
    { what: 'commented', text: 'a < b & "c", @kirk: see https://example.com/x?y=1&z=2' },
    { inDoubt: true },
  )
  const since = now()
  target.fault('lose the answer', { where: ({ method }) => method === 'POST' })
  await failureSeen(session.perform(job))
  pass(90 * MINUTE)
  t.strictSame(await session.confirm(job, since), { id: '1', note: 'already there' })
  t.equal(await session.confirm(announcing({ what: 'rejected' }), since), 'absent')
  const other: Job = { ...job, key: 'dlv_other' }
  const receipted: Job = { ...other, receipted: async () => new Set(['1']) }
  t.equal(await session.confirm(receipted, since), 'absent', 'it is of the other delivery')
  t.equal(await again().confirm(other, now()), 'absent', 'it is older than the attempt')
  const elsewhere = announcing(
    { what: 'commented' },
    { story: { url: 'https://www.pivotaltracker.com/story/show/110' } },
  )
  t.equal(await again().confirm({ ...elsewhere, effect: job.effect }, since), 'absent', 'it is of another story')
})

t.test('a doubtful post is found whatever the clock of the server shows', async (t) => {
  for (const clockAheadMs of [-60 * MINUTE, 60 * MINUTE]) {
    const { target, session, again, now, pass } = await opened(t, {}, { clockAheadMs })
    await session.perform(announcing())
    pass(MINUTE)
    const since = now()
    const job = announcing({}, { inDoubt: true })
    t.equal(await again().confirm(job, since), 'absent', 'the same words were posted before the attempt')
    target.fault('lose the answer', { where: ({ method }) => method === 'POST' })
    await failureSeen(session.perform(job))
    t.match(await again().confirm(job, since), { id: '2', note: 'already there' }, `${clockAheadMs} ms ahead`)
  }
})

t.test('a doubtful post is found by the words that were sent, and repeated in them', async (t) => {
  const { target, again, ledger, now, pass } = await opened(t)
  const renamed = (job: Job): Job =>
    job.story === null ? job : { ...job, inDoubt: true, story: { ...job.story, name: 'Renamed shields' } }
  const [written, unwritten] = [announcing(), announcing({ what: 'rejected' })]
  const since = now()
  target.fault('lose the answer', { where: ({ method }) => method === 'POST' })
  await failureSeen(again().perform(written))
  target.fault('reset', { where: ({ method }) => method === 'POST' })
  await failureSeen(again().perform(unwritten))
  pass(90 * MINUTE)
  const later = again({ templates: { accepted: '{story} is done' }, include_link: false })
  t.strictSame(await later.confirm(renamed(written), since), { id: '1', note: 'already there' })
  t.equal(await later.confirm(renamed(unwritten), since), 'absent')
  await later.perform(renamed(unwritten))
  t.equal(target.statuses.at(-1)?.text, `James Kirk rejected "More power to shields" ${link}`)
  t.equal(target.statuses.length, 2)
  t.equal(ledger.kept.size, 0)
})

t.test('words that version 0.1.0 kept are still sought', async (t) => {
  const { target, session, kept, now } = await opened(t)
  const job = announcing({}, { inDoubt: true })
  kept.set(`mastodon/social/words/${job.key}`, 'James Kirk hat es angenommen')
  target.statuses.push({ id: '9', text: 'James Kirk hat es angenommen', visibility: 'public', at: now() })
  t.strictSame(await session.confirm(job, now()), { id: '9', note: 'already there' })
})

t.test('where it may not read, or sees only the latest thousands of posts, it cannot tell', async (t) => {
  const { target, session, now } = await opened(t)
  target.state.scopes = ['write:statuses']
  t.equal(await session.confirm(announcing(), now()), 'cannot tell')
  target.state.scopes = ['write', 'read']
  for (let index = 0; index < 4000; index += 1)
    target.statuses.push({ id: `x${index}`, text: `post ${index}`, visibility: 'public', at: now() })
  t.equal(await session.confirm(announcing(), now()), 'cannot tell')
  for (const fault of [{ status: 502 }, 'reset mid-body'] as const) {
    target.fault(fault)
    t.match(await failureSeen(session.confirm(announcing(), now())), { verdict: 'retry' })
  }
})

t.test('a server over its rate limit is asked again later, and nothing is posted before', async (t) => {
  const { target, session, now } = await opened(t)
  target.fault({ status: 429 }, { times: 2, where: ({ path }) => path.startsWith('/api/v1/accounts/') })
  for (const asked of ['for the account', 'for its posts'])
    t.match(
      await failureSeen(session.confirm(announcing(), now())),
      { verdict: 'hold', retryAfterMs: 5 * MINUTE },
      asked,
    )
  t.equal(await session.confirm(announcing(), now()), 'absent')
})

t.test('a post is as long as the server allows, asked once a day, and 500 when it does not tell', async (t) => {
  const { target, session, pass } = await opened(t, { include_link: false })
  target.state.longest = 1000
  await session.perform(announcing({ text: 'x'.repeat(3000) }))
  t.equal(target.statuses[0]?.text.length, 1000)
  await session.perform(announcing({ text: 'y'.repeat(3000) }))
  t.equal(target.requests.filter(({ path }) => path === '/api/v2/instance').length, 1)
  target.state.longest = 300
  t.match(await failureSeen(session.perform(announcing({ text: 'z'.repeat(3000) }))), {
    verdict: 'dead',
    status: 422,
    message: /limit of 300/,
  })
  await session.perform(announcing({ text: 'z'.repeat(3000) }))
  t.equal(target.statuses.at(-1)?.text.length, 300, 'after a refusal it is asked again')
  pass(25 * 60 * MINUTE)
  target.state.longest = 500
  target.fault({ status: 404, body: '{}' })
  await session.perform(announcing({ text: '漢'.repeat(3000) }))
  t.equal(target.statuses.at(-1)?.text.length, 500)
})

t.test('hostile names fit, and nobody is called', async (t) => {
  const { target, session } = await opened(t)
  const hostile = [
    '👩‍👩‍👧‍👦'.repeat(500),
    `a${'\u0301'.repeat(5000)}`,
    'שלום '.repeat(900),
    '@kirk@example.social #now '.repeat(300),
    'https://example.com/a '.repeat(300),
  ]
  for (const name of hostile) await session.perform(announcing({ author: name, text: name }, { story: { name } }))
  t.equal(target.statuses.length, hostile.length)
  for (const { text } of target.statuses) {
    t.notMatch(text, /(^|[^/\p{L}\p{N}])@[\p{L}\p{N}_]/u)
    t.notMatch(text, /[#＃][\p{L}]/u)
    t.strictSame(text.match(/https?:\/\/\S+/g), [link], 'the story is the only link')
  }
})

t.test('a link counts what Mastodon reserves for it at least, and all of it elsewhere', async (t) => {
  t.equal(lengthOf('a b', 23), 3)
  t.equal(lengthOf('see http://x.de', 23), 27)
  t.equal(lengthOf(`see ${link}`, 23), 4 + link.length)
  t.equal(lengthOf('👩‍👩‍👧‍👦', 23), 7, 'by code points, as servers count that only speak the language')
})

t.test('what Mastodon refuses is sorted by who can mend it', async (t) => {
  const { target, session, now } = await opened(t)
  const at = (minutes: number): number => now().getTime() + minutes * MINUTE
  const cases: [Answer, string, RegExp, number | null][] = [
    [
      { status: 401, body: '{"error":"The access token is invalid"}' },
      'pause',
      /no longer accepts the access_token/,
      null,
    ],
    [
      { status: 403, body: '{"error":"This action is outside the authorized scopes"}' },
      'pause',
      /write:statuses/,
      null,
    ],
    [{ status: 404, body: '<html>' }, 'hold', /base_url/, null],
    [{ status: 410 }, 'pause', /gone/, null],
    [{ status: 422, body: '{"error":"Validation failed"}' }, 'dead', /Validation failed/, null],
    [{ status: 429 }, 'hold', /rate limit/, 5 * MINUTE],
    [
      { status: 429, headers: { 'x-ratelimit-reset': '2026-11-24T06:03:00.123456Z' } },
      'hold',
      /rate limit/,
      3 * MINUTE + 123,
    ],
    [{ status: 429, headers: { 'x-ratelimit-reset': String(at(7) / 1000) } }, 'hold', /rate limit/, 7 * MINUTE],
    [{ status: 429, headers: { 'x-ratelimit-reset': 'tomorrow' } }, 'hold', /rate limit/, 5 * MINUTE],
    [{ status: 429, headers: { 'retry-after': '60' } }, 'hold', /rate limit/, MINUTE],
    [{ status: 301, headers: { location: 'https://example.com' } }, 'hold', /redirect/, null],
    [{ status: 202, body: '{}' }, 'in doubt', /base_url/, null],
    [{ status: 200, body: '<html>' }, 'in doubt', /base_url/, null],
    [{ status: 503, body: '<html>' }, 'in doubt', /503/, null],
  ]
  for (const [answer, verdict, message, retryAfterMs] of cases) {
    target.fault(answer, { where: ({ method }) => method === 'POST' })
    const found = await failureSeen(session.perform(announcing()))
    t.match(found, { verdict, message }, JSON.stringify(answer))
    t.equal(found.retryAfterMs, retryAfterMs, JSON.stringify(answer))
  }
  target.state.remaining = 0
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'hold', retryAfterMs: 5 * MINUTE })
  t.equal(target.statuses.length, 0)
})

t.test('the check says who posts, who sees it, and what is missing', async (t) => {
  const { target, session } = await opened(t)
  t.match(await session.check(), [
    { level: 'ok', setting: 'access_token', message: 'posts as @enterprise' },
    { level: 'warning', setting: 'visibility', message: /everyone/ },
  ])
  target.state.bot = false
  t.match((await session.check())[1], { level: 'warning', message: /automated account/ })
  target.state.scopes = ['write:statuses']
  t.match((await session.check())[0], { level: 'warning', message: /read:accounts/ })
  target.state.revoked = true
  t.match((await session.check())[0], { level: 'error', setting: 'access_token' })
  target.down('reset')
  t.match((await session.check())[0], { level: 'error', setting: 'base_url' })
  const hidden = await opened(t, { visibility: 'private' })
  t.equal((await hidden.session.check()).length, 1)
})

t.test('a template is examined before anything is sent', async (t) => {
  const settings = { base_url: 'https://example.social', access_token: 'a' }
  const problems = (accepted: string) => examine(filled({ ...settings, templates: { accepted } }))
  t.strictSame(problems('{what} {link}'), [])
  t.match(problems('cc @kirk@example.social {story}'), [{ setting: 'templates.accepted', problem: /a mention/ }])
  t.match(problems('{who}'), [{ setting: 'templates.accepted', problem: /unknown placeholder/ }])
  t.match(problems(`${'x'.repeat(250)} {story}`), [{ setting: 'templates.accepted', problem: /251 characters/ }])
})
