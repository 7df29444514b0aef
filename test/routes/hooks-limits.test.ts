import t, { type Test } from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { type Answer, ask, rowsOf, SECRET, startRelay } from '../gateway/running-relay.ts'
import { changed, PROJECT } from '../gateway/tracker-says.ts'
import { connectRaw, parts } from './raw-connection.ts'

const HOOK = `/hooks/${PROJECT}/${SECRET}`
const accepted = (number: number): string => changed(number, { story: '109', state: 'accepted' })

function isTooMany(t: Test, answer: Answer, detail: RegExp): void {
  t.equal(answer.status, 429)
  t.match(answer.headers.get('content-type'), 'application/problem+json')
  t.match(answer.json(), {
    type: 'urn:tracker-relay:too-many-requests',
    title: 'Too many requests',
    status: 429,
    detail,
  })
  const wait = answer.headers.get('retry-after') ?? ''
  t.match(wait, /^\d+$/)
  t.ok(Number(wait) >= 1 && Number(wait) <= 60, `try again in ${wait} seconds`)
}

t.test('a project over its limit is answered 429 and told when to come again; other projects are not', async (t) => {
  const relay = await startRelay(t, {
    server: { rate_limit: { per_project_per_minute: 3 } },
    projects: [
      { id: PROJECT, secret: SECRET },
      { id: 'other', secret: 'other-secret' },
    ],
  })
  for (const number of [1, 2, 3]) t.equal((await relay.post(accepted(number))).status, 202)
  isTooMany(t, await relay.post(accepted(4)), /project 26 is over its limit/)
  t.equal((await rowsOf(relay.folder, 'activities')).length, 3)
  const other = await ask(`${relay.url}/hooks/other/other-secret`, { method: 'POST', body: accepted(4) })
  t.equal(other.status, 202)
})

t.test("strangers who guess at a project's secret do not use up its limit", async (t) => {
  const relay = await startRelay(t, { server: { rate_limit: { per_project_per_minute: 2 } } })
  for (let guesses = 0; guesses < 10; guesses += 1)
    t.equal((await ask(`${relay.url}/hooks/${PROJECT}/guess-${guesses}`, { method: 'POST', body: 'x' })).status, 404)
  t.equal((await relay.post(accepted(1))).status, 202)
})

t.test('an address over its limit is answered 429, whatever it claims to be', async (t) => {
  const relay = await startRelay(t, { server: { rate_limit: { per_address_per_minute: 3 } } })
  for (const number of [1, 2, 3])
    t.equal((await relay.post(accepted(number), { 'x-forwarded-for': `203.0.113.${number}` })).status, 202)
  isTooMany(t, await relay.post(accepted(4), { 'x-forwarded-for': '203.0.113.4' }), /this address is over its limit/)
  t.equal((await relay.get('/healthz')).status, 200, 'probes are not counted')
})

t.test(
  'wrong secrets are counted apart: they are refused and logged, and the right sender beside them is not',
  async (t) => {
    const wrong_secrets_per_address_per_minute = 3
    const relay = await startRelay(t, {
      server: { rate_limit: { per_address_per_minute: 2, wrong_secrets_per_address_per_minute } },
    })
    const guess = (project: string, secret: string): Promise<Answer> =>
      ask(`${relay.url}/hooks/${project}/${secret}`, { method: 'POST', body: 'x' })
    for (const project of [PROJECT, 'no-such-project', PROJECT]) t.equal((await guess(project, 'guess')).status, 404)
    for (const project of [PROJECT, 'no-such-project'])
      isTooMany(t, await guess(project, 'guess'), /too many wrong secrets/)
    t.equal((await relay.post(accepted(1))).status, 202, 'the right secret is let in')
    t.equal((await relay.post(accepted(2))).status, 202, 'and has all of its own limit')
    isTooMany(t, await relay.post(accepted(3)), /this address is over its limit/)
    const lines = relay.lines().filter(({ door }) => door === 'hook')
    t.match(lines, [
      ...[PROJECT, null, PROJECT].map((project) => ({ project, msg: 'unknown project or wrong secret' })),
      { level: 'warn', project: PROJECT, address: '127.0.0.1', msg: /too many wrong secrets/ },
    ])
    t.equal(lines.length, 4, 'a flood of guesses is not a flood of log lines')
    relay.advance(61_000)
    t.equal((await guess(PROJECT, 'guess')).status, 404, 'a minute later they are counted anew')
  },
)

t.test('without rate limits no request is refused', async (t) => {
  const relay = await startRelay(t, {
    server: { rate_limit: { enabled: false, per_address_per_minute: 1, per_project_per_minute: 1 } },
  })
  for (let number = 1; number <= 20; number += 1) t.equal((await relay.post(accepted(number))).status, 202)
})

t.test('X-Forwarded-For is believed of a trusted proxy alone, and only what that proxy itself has added', async (t) => {
  const seen = async (trust_proxy: unknown, forwarded: string): Promise<unknown> => {
    const relay = await startRelay(t, { server: { trust_proxy } })
    t.equal((await relay.post('no activity', { 'x-forwarded-for': forwarded })).status, 400)
    const [row] = await rowsOf(relay.folder, 'rejected')
    const [line] = relay.lines('request')
    const kept = (JSON.parse(String(row?.head)) as { address: unknown }).address
    t.equal(line?.address, kept, 'the log and the record agree')
    return kept
  }
  t.equal(await seen(false, '203.0.113.9'), '127.0.0.1')
  t.equal(await seen(['10.0.0.0/8'], '203.0.113.9'), '127.0.0.1', 'we are not that proxy')
  t.equal(await seen(['127.0.0.1'], '203.0.113.9'), '203.0.113.9')
  t.equal(await seen(['loopback'], '198.51.100.1, 203.0.113.9'), '203.0.113.9', 'the first part is anybody’s word')
  t.equal(await seen(['127.0.0.1', '10.0.0.0/8'], '203.0.113.9, 10.1.2.3'), '203.0.113.9')
  t.equal(await seen(true, '198.51.100.1, 203.0.113.9'), '198.51.100.1')
})

t.test('behind a trusted proxy each client has a limit of its own, and a network of IPv6 one in all', async (t) => {
  const relay = await startRelay(t, {
    server: { trust_proxy: ['127.0.0.1'], rate_limit: { per_address_per_minute: 1 } },
  })
  const from = async (address: string, number: number): Promise<number> =>
    (await relay.post(accepted(number), { 'x-forwarded-for': address })).status
  t.equal(await from('203.0.113.1', 1), 202)
  t.equal(await from('203.0.113.2', 2), 202)
  t.equal(await from('203.0.113.1', 3), 429)
  t.equal(await from('2001:db8:0:1::1', 4), 202)
  t.equal(await from('2001:db8:0:1:ffff::2', 5), 429, 'the same /64')
  t.equal(await from('2001:db8:0:2::1', 6), 202)
})

t.test(
  'a client that sends headers or a body too slowly is cut off in time, and others are served meanwhile',
  async (t) => {
    const relay = await startRelay(t, {
      server: { request_timeout_seconds: 1, header_timeout_seconds: 1, keep_alive_timeout_seconds: 600 },
    })
    const began = Date.now()
    const trickle = async (first: string, piece: string): Promise<string> => {
      const raw = await connectRaw(t, relay.port)
      raw.send(first)
      const timer = setInterval(() => raw.send(piece), 50)
      t.teardown(() => clearInterval(timer))
      return await raw.closed
    }
    const slow = [
      trickle(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\n`, 'x-more: 1\r\n'),
      trickle(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n`, '<'),
      trickle(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`, '1\r\n<\r\n'),
      trickle('P', 'O'),
    ]
    const silent = await connectRaw(t, relay.port)
    t.equal((await relay.post(accepted(1))).status, 202)
    for (const answer of await Promise.all(slow.slice(0, 3)))
      t.match(parts(answer), {
        status: 408,
        headers: { 'content-type': 'application/problem+json', connection: 'close' },
        body: /urn:tracker-relay:too-slow/,
      })
    await slow[3]
    await silent.closed
    t.ok(Date.now() - began < 60_000, "before Node's own limit for headers, the next one, would have ended them")
    t.equal((await relay.post(accepted(2))).status, 202)
    const kept = await eventually(
      () => rowsOf(relay.folder, 'rejected'),
      ({ length }) => length === 2,
      'both bodies are kept',
    )
    t.match(kept, [{ reason: 'incomplete', body: /^<+$/ }, { reason: 'incomplete' }])
  },
)

t.test('hundreds of connections that stand still, begun or not, delay nobody', async (t) => {
  const relay = await startRelay(t, {
    server: { rate_limit: { enabled: false }, request_timeout_seconds: 300, header_timeout_seconds: 300 },
  })
  const beginnings = [
    '',
    'POST',
    `POST ${HOOK} HTTP/1.1\r\nhost: x\r\n`,
    `POST ${HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n<activity>`,
  ]
  const standing = await Promise.all(
    Array.from({ length: 400 }, async (_, index) => {
      const raw = await connectRaw(t, relay.port)
      raw.send(beginnings[index % beginnings.length] ?? '')
      return raw
    }),
  )
  const times: number[] = []
  for (let number = 1; number <= 50; number += 1) {
    const began = performance.now()
    t.equal((await relay.post(accepted(number))).status, 202)
    times.push(performance.now() - began)
  }
  t.strictSame(
    standing.filter((raw) => raw.isClosed()),
    [],
    'they are all still there',
  )
  const median = times.toSorted((one, other) => one - other)[25] ?? 0
  t.ok(median < 500, `a request takes ${Math.round(median)} ms`)
})

t.test('an idle connection is closed when its time is over', async (t) => {
  const relay = await startRelay(t, { server: { keep_alive_timeout_seconds: 1 } })
  const raw = await connectRaw(t, relay.port)
  raw.send('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
  t.match(parts(await raw.closed), { status: 200, headers: { connection: 'keep-alive' } })
})

t.test('a client that sends thousands of requests ahead gets all its answers, and nobody waits for them', async (t) => {
  const relay = await startRelay(t)
  const ahead = 2000
  const raw = await connectRaw(t, relay.port)
  const answers = (): number => raw.received().split('HTTP/1.1 200').length - 1
  raw.send('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(ahead))
  await eventually(answers, (count) => count > 0, 'the first answer')
  t.equal((await relay.post(accepted(1))).status, 202)
  t.ok(answers() < ahead / 2, `a hook is stored while ${ahead - answers()} of ${ahead} requests still wait`)
  await eventually(answers, (count) => count === ahead, 'all the other answers')
  raw.send(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx`.repeat(100))
  const refused = (): number => raw.received().split('HTTP/1.1 400').length - 1
  await eventually(refused, (count) => count === 100, 'requests with bodies are answered one after the other')
})

t.test(
  'requests of a client that never reads its answers are not begun, beyond what the connection takes',
  async (t) => {
    const relay = await startRelay(t)
    const raw = await connectRaw(t, relay.port)
    raw.socket.pause()
    const chunk = 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(1000)
    for (let sent = 0; sent < 10; sent += 1) raw.send(chunk)
    await eventually(
      async () => relay.lines('request').length,
      (count) => count > 0,
      'the first ones are answered',
    )
    for (let number = 1; number <= 20; number += 1) t.equal((await relay.post(accepted(number))).status, 202)
    t.ok(relay.lines('request').length < 5000)
  },
)

t.test('a client that asks whether to send its body is told so only once secret and length are right', async (t) => {
  const relay = await startRelay(t, { server: { body_limit_bytes: 2000 } })
  const asks = async (path: string, length: number) => {
    const raw = await connectRaw(t, relay.port)
    raw.send(`POST ${path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`)
    await eventually(raw.received, (text) => text !== '', 'an answer')
    return raw
  }
  const body = accepted(1)
  const wrong = await asks(`/hooks/${PROJECT}/wrong`, body.length)
  t.match(parts(await wrong.closed), { status: 404, headers: { connection: 'close' } })
  t.match(parts(await (await asks(HOOK, 5000)).closed), { status: 413, body: /too-large/ })
  const right = await asks(HOOK, body.length)
  t.match(right.received(), /^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  right.send(body)
  await eventually(right.received, (text) => text.includes('HTTP/1.1 202'), 'the activity is stored')
})
