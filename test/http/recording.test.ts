import t, { type Test } from 'tap'
import { oneLine } from '../../src/connectors/kit/one-line.ts'
import { createClient } from '../../src/http/client.ts'
import { recordExchanges } from '../../src/http/recording.ts'
import { createRedactor } from '../../src/http/redact.ts'
import type { Exchange } from '../../src/http/send.ts'
import { startStandIn } from '../../src/stand-ins/stand-in.ts'
import { openClient } from '../harness.ts'

const redact = (text: string, secrets: readonly string[]): string => createRedactor(secrets)(text)

const SECRET = 'p@ss wörd/"x"&<1>+2'

t.test('a secret is hidden in every form that it may take', async (t) => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const forms: [string, string][] = [
    ['as it is', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['percent-encoded in small letters', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['in a form', new URLSearchParams({ a: SECRET }).toString().slice(2)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in XML', 'p@ss wörd/"x"&amp;&lt;1&gt;+2'],
    ['in an attribute', 'p@ss wörd/&quot;x&quot;&amp;&lt;1&gt;+2'],
    ['in an attribute, by numbers', 'p@ss w&#246;rd/&#34;x&#34;&#38;&#60;1&#62;+2'],
    ['in an attribute, by hexadecimal numbers', 'p@ss w&#xF6;rd/&#x22;x&#x22;&#x26;&#x3C;1&#x3E;+2'],
    ['in JSON of ASCII alone', 'p@ss w\\u00f6rd\\/\\"x\\"&<1>+2'],
    ['in JSON for HTML', 'p@ss wörd/\\u0022x\\u0022\\u0026\\u003c1\\u003E+2'],
    ['in base64', base64(SECRET)],
    ['in base64, in an address', encodeURIComponent(base64(`?${SECRET}>>>`))],
    ['in base64, in JSON of PHP', base64(`${SECRET}?????`).replaceAll('/', '\\/')],
    ['in base64 for addresses', Buffer.from(SECRET).toString('base64url')],
    ['in Basic credentials', base64(`user:${SECRET}`)],
    ['in Basic credentials, shifted by one', base64(`users:${SECRET}`)],
    ['in Basic credentials, shifted by two', base64(`a-user:${SECRET}`)],
    ['in the middle of base64', base64(`{"token":"${SECRET}","more":true}`)],
  ]
  for (const [name, form] of forms) {
    const shown = redact(`before ${form} after`, ['another', SECRET])
    t.match(shown, /^before .*\[secret\].* after$/, name)
    const left = shown.replaceAll('[secret]', ' ').replace('before', '').replace('after', '')
    t.notMatch(left, /[A-Za-z0-9]{4}/, `${name}: nothing of it is left in "${shown}"`)
  }
})

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
const inHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
const inHtmlOfPhp = (text: string): string => inHtml(text).replaceAll("'", '&#039;')
const inJsonOfPhp = (text: string): string => inJson(text).replaceAll('/', '\\/').replaceAll('ö', '\\u00f6')
const inAddress = encodeURIComponent
const inForm = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)

t.test('a secret that was escaped twice is hidden', async (t) => {
  const secret = `p@ss 'wörd'/"x"&<1>\\2+3`
  const ways = { inJson, inHtml, inHtmlOfPhp, inJsonOfPhp, inAddress, inForm }
  for (const [inner, first] of Object.entries(ways))
    for (const [outer, second] of Object.entries(ways))
      t.equal(redact(`a ${second(first(secret))} b`, [secret]), 'a [secret] b', `${inner}, and that ${outer}`)
})

t.test('the beginning of a secret at the edge of a text that was cut is hidden', async (t) => {
  const secret = 'hush-"hush"-1701-abcdef'
  const quoted = (text: string, length: number): string =>
    `JIRA answered 400: ${oneLine(`no ${text} here`, length)} (see check)`
  for (const form of [secret, inJson(secret), inHtml(inJson(secret)), inHtml(inHtml(secret))])
    for (let length = 9; length < form.length + 12; length += 1)
      t.notMatch(redact(quoted(form, length), [secret]), /hush-/, `${form}, cut to ${length} characters`)
  t.equal(redact('the answer was cut: hush-"hu', [secret]), 'the answer was cut: [secret]')
  t.equal(redact('the answer ends with hush', [secret]), 'the answer ends with hush', 'a word is no secret')
  const credentials = Buffer.from(`kirk:${secret}`).toString('base64')
  t.notMatch(redact(quoted(credentials, 30), [secret]), /aHVzaC/)
  t.equal(
    redact(quoted('one\ntwo  three', 100), ['one\ntwo  three']),
    'JIRA answered 400: no [secret] here (see check)',
  )
})

t.test('hiding in many short texts takes no longer for many secrets', async (t) => {
  const hide = createRedactor(Array.from({ length: 100 }, (_, at) => `${at}-${'x"&/'.repeat(10)}`))
  const began = process.cpuUsage()
  for (let times = 0; times < 1000; times += 1) hide(`x-header-${times}: some value that is of no interest…`)
  const { user } = process.cpuUsage(began)
  t.ok(user < 2_000_000, `1000 texts took ${Math.round(user / 1000)} ms of the processor`)
})

t.test('of a secret address the host stays readable', async (t) => {
  const url = 'https://hooks.example.com/T01/B02?key=hush'
  t.equal(redact(`POST ${url} failed`, [url]), 'POST https://hooks.example.com[secret] failed')
  t.equal(redact('see https://hooks.example.com/', ['https://hooks.example.com/']), 'see https://hooks.example.com/')
})

t.test('a secret within another one does not leave the rest of the longer one', async (t) => {
  t.equal(redact('x abc-123-xyz y', ['abc-123', 'abc-123-xyz']), 'x [secret] y')
  t.equal(redact('nothing here', []), 'nothing here')
  t.equal(redact('nothing here', ['']), 'nothing here')
  t.equal(redact('a.c-1701 abc-1701', ['a.c-1701']), '[secret] abc-1701', 'a secret is no pattern')
})

t.test('a secret that may be a word or a number of any message is hidden only where it is a value', async (t) => {
  const kept: readonly (readonly [string, string])[] = [
    ['read', 'The token may read and write, already.'],
    ['read', 'may read'],
    ['read', 'read'.repeat(2)],
    ['read', 'https://desk.example.com/tickets/read/1'],
    ['ticket', 'Zendesk answered 404: the ticket is gone'],
    ['ADMIN', 'ask an ADMIN: they know'],
    ['Enterprise', 'the project Enterprise'],
    ['1701', 'ticket 1701 at 2017-01-17T01:17:01Z'],
    ['12345678', 'story 12345678 is not linked'],
    ['a', 'a cat: a=b, a is a letter'],
  ]
  for (const [secret, text] of kept) t.equal(redact(text, [secret]), text, `${secret} in: ${text}`)
  const hidden: readonly (readonly [string, string])[] = [
    ['the whole text', 'SECRET'],
    ['in JSON', '{"token":"SECRET","scope":"x"}'],
    ['in JSON within JSON', '{\\"token\\":\\"SECRET\\"}'],
    ['in a form', 'user=kirk&password=SECRET&page=1'],
    ['at the end of an address', 'GET /?token=SECRET'],
    ['in XML', '<token>SECRET</token>'],
    ['in escaped XML', '&lt;token&gt;SECRET&lt;/token&gt;'],
    ['in an attribute', "<user password='SECRET'/>"],
    ['in the login of an address', 'https://kirk:SECRET@desk.example.com/'],
    ['in a header', 'Authorization: Bearer SECRET'],
    ['behind its name', 'the password is SECRET.'],
    ['behind its name and a colon', 'password: SECRET'],
  ]
  for (const secret of ['read', 'ticket', '1701', 'p&w'])
    for (const [name, form] of hidden) {
      const escaped = form.startsWith('<') ? inHtml(secret) : secret
      t.equal(
        redact(form.replace('SECRET', escaped), [secret]),
        form.replace('SECRET', '[secret]'),
        `${secret} ${name}`,
      )
    }
  t.equal(redact(`Basic ${Buffer.from('kirk:ticket').toString('base64')}`, ['ticket']), 'Basic [secret]')
})

t.test('a word that a longer secret begins with is not hidden in its place', async (t) => {
  t.equal(redact('may read "read-1701"', ['read', 'read-1701']), 'may read "[secret]"')
})

t.test('hiding takes no longer for an answer that is made to be slow', async (t) => {
  const hostile = [Buffer.from(`${SECRET}`).toString('base64').slice(0, 8), 'a', 'p@', '%', '&amp;']
  const began = process.cpuUsage()
  for (const piece of hostile) redact(piece.repeat(Math.ceil(1_000_000 / piece.length)), [SECRET])
  const { user } = process.cpuUsage(began)
  t.ok(user < 5_000_000, `5 MB took ${Math.round(user / 1000)} ms of the processor`)
})

async function exchange(t: Tester, secrets: string[], answer: Answer, request: Parts): Promise<Exchange[]> {
  const target = await startStandIn(() => answer)
  const client = createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs: 10_000,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets,
  })
  t.teardown(() => Promise.all([client.close(), target.close()]))
  const sink: Exchange[] = []
  const { path = '/', ...parts } = request
  await recordExchanges(sink, () => client.send({ method: 'POST', url: `${target.url}${path}`, ...parts }))
  return sink.map((each) => ({ ...each, url: each.url.replace(target.url, 'http://target'), durationMs: 0 }))
}

type Tester = { teardown(end: () => Promise<unknown>): void }
type Answer = { status: number; headers?: Record<string, string>; body?: string | Buffer }
type Parts = { path?: string; headers?: Record<string, string>; body?: string | Buffer }

t.test('an exchange is recorded whole, without its secrets', async (t) => {
  const recorded = await exchange(
    t,
    ['hush-hush'],
    {
      status: 401,
      headers: {
        date: 'now',
        'set-cookie': 'session=abc',
        'x-csrf-token': 'def',
        'content-length': '27',
        'content-type': 'text/plain',
        'x-echo': 'hush-hush',
        'retry-after': '5',
      },
      body: 'the password is hush-hush\r\n',
    },
    {
      path: '/hooks/hush-hush?api_key=123&page=2&q=hush-hush',
      headers: {
        authorization: 'Basic YTpi',
        'X-Lighthouse-Token': 'ghi',
        'x-bugzilla-api-key': 'jkl',
        'x-note': 'hush-hush and more',
        'idempotency-key': 'dlv_1',
        'webhook-signature': 'v1,abc',
      },
      body: '{"token":"hush-hush"}',
    },
  )
  t.strictSame(recorded, [
    {
      method: 'POST',
      url: 'http://target/hooks/[secret]?api_key=[secret]&page=2&q=[secret]',
      requestHeaders: {
        'user-agent': 'tracker-relay/test',
        authorization: '[secret]',
        'x-lighthouse-token': '[secret]',
        'x-bugzilla-api-key': '[secret]',
        'x-note': '[secret] and more',
        'idempotency-key': 'dlv_1',
        'webhook-signature': 'v1,abc',
        'accept-encoding': 'identity',
      },
      requestBody: '{"token":"[secret]"}',
      status: 401,
      responseHeaders: {
        date: 'now',
        'set-cookie': '[secret]',
        'x-csrf-token': '[secret]',
        'content-length': '27',
        'content-type': 'text/plain',
        'x-echo': '[secret]',
        'retry-after': '5',
        connection: 'keep-alive',
        'keep-alive': 'timeout=5',
      },
      responseBody: 'the password is [secret]\\u{d}\n',
      error: null,
      durationMs: 0,
    },
  ])
})

t.test('bodies are capped, and what is not text is shown safely', async (t) => {
  const [long] = await exchange(t, [], { status: 200, body: 'b'.repeat(10_000) }, { body: 'a'.repeat(10_000) })
  t.equal(long?.requestBody, `${'a'.repeat(4096)} [...]`)
  t.equal(long?.responseBody, `${'b'.repeat(4096)} [...]`)
  const bytes = Buffer.from([0x61, 0xff, 0x00, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0xe2, 0x80, 0xae, 0x62])
  const [binary] = await exchange(t, [], { status: 200, body: bytes }, { body: bytes })
  t.equal(binary?.requestBody, 'a\ufffd\\u{0}\\u{1b}[31m\\u{202e}b')
  t.equal(binary?.responseBody, binary?.requestBody)
})

t.test('a secret at the edge of what is kept is hidden before the cut', async (t) => {
  const body = `${'a'.repeat(4090)}hush-hush`
  const [recorded] = await exchange(t, ['hush-hush'], { status: 200, body }, { body })
  t.equal(recorded?.requestBody, `${'a'.repeat(4090)}[secre [...]`)
  t.equal(recorded?.responseBody, recorded?.requestBody)
})

async function opened(t: Test) {
  const target = await startStandIn(() => ({ status: 204 }))
  t.teardown(() => target.close())
  return { target, client: openClient(t) }
}

t.test('a failure is recorded too, and what was recorded survives an error', async (t) => {
  const { target, client } = await opened(t)
  target.fault('reset', { where: ({ path }) => path === '/second' })
  const sink: Exchange[] = []
  const work = recordExchanges(sink, async () => {
    await client.send({ method: 'GET', url: `${target.url}/first` })
    await client.send({ method: 'POST', url: `${target.url}/second`, body: 'x' })
  })
  await t.rejects(work, { message: `127.0.0.1:${target.port} closed the connection without an answer` })
  t.strictSame(
    sink.map(({ url, status, error }) => [url.replace(target.url, ''), status, error]),
    [
      ['/first', 204, null],
      ['/second', null, `127.0.0.1:${target.port} closed the connection without an answer`],
    ],
  )
})

t.test('records that are kept at the same time do not mix, and without one nothing is kept', async (t) => {
  const { target, client } = await opened(t)
  const sinks: Exchange[][] = [[], [], []]
  await Promise.all([
    client.send({ method: 'GET', url: `${target.url}/alone` }),
    ...sinks.map((sink, at) =>
      recordExchanges(sink, async () => {
        for (const part of ['a', 'b']) await client.send({ method: 'GET', url: `${target.url}/${at}${part}` })
      }),
    ),
  ])
  t.strictSame(
    sinks.map((sink) => sink.map(({ url }) => url.replace(target.url, ''))),
    [
      ['/0a', '/0b'],
      ['/1a', '/1b'],
      ['/2a', '/2b'],
    ],
  )
})
