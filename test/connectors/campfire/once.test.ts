import t, { type Test } from 'tap'
import campfire from '../../../src/connectors/campfire/index.ts'
import { secretsOf } from '../../../src/connectors/campfire/place.ts'
import type { Finding } from '../../../src/connectors/contract/connector.ts'
import { createClient } from '../../../src/http/client.ts'
import { recordExchanges } from '../../../src/http/recording.ts'
import type { Exchange } from '../../../src/http/send.ts'
import {
  benderKey,
  type OnceCampfire,
  type OnceOptions,
  startOnceCampfire,
} from '../../../src/stand-ins/once-campfire.ts'
import { configured, jobFor } from '../../harness.ts'
import { accepted, acceptedText, type Bridge, bridgeTo, failureOf, link } from './bridge.ts'
import { filled } from './filled.ts'

const acceptedHtml = `James Kirk accepted &quot;More power to shields&quot; ${link}`
const path = `/rooms/1/${benderKey}/messages`
const botId = 2

async function bridge(
  t: Test,
  options: OnceOptions & { settings?: (url: string) => object; timeoutMs?: number } = {},
): Promise<Bridge<OnceCampfire>> {
  const room = await startOnceCampfire(options)
  return bridgeTo(t, room, options.settings?.(room.url) ?? { url: `${room.url}${path}` }, options.timeoutMs)
}

t.test('an announcement is written into the room as HTML', async (t) => {
  for (const version of ['1.4.9', 'main'] as const) {
    const { room, perform } = await bridge(t, { version })
    t.strictSame(await perform(), { id: '500', url: `${room.url}/messages/500` })
    t.match(room.messages(1), [{ creatorId: botId, html: acceptedHtml, plainText: acceptedText }])
    t.match(room.requests, [
      {
        method: 'POST',
        path,
        headers: { 'user-agent': /^tracker-relay/, 'content-type': 'text/html; charset=utf-8' },
      },
    ])
    t.equal(room.requests.length, 1)
  }
})

t.test('the room is found by its address, its address with the key, or the curl line', async (t) => {
  const settings: ((url: string) => object)[] = [
    (url) => ({ url, room_id: 1, bot_key: benderKey }),
    (url) => ({ url: `${url}/rooms/1`, bot_key: benderKey }),
    (url) => ({ url: `${url}${path}` }),
    (url) => ({ url: `curl -d 'Hello!' ${url}${path}` }),
  ]
  for (const each of settings) {
    const { room, perform } = await bridge(t, { settings: each })
    await perform()
    t.equal(room.messages(1).length, 1)
  }
})

t.test('a comment in Markdown is written as HTML, and found again as Campfire shows it', async (t) => {
  const texts = [
    '**a** [b](https://x.example)',
    'a\nb',
    '\n\n> q\n> r\n\nx',
    '\n```\nc\n```\nafter',
    '\n- a\n  - b\n  - c\n- d\n\n1. e\n\n   f',
  ]
  texts.push(
    '\n# T\n\n---\n- ```\n  x\n  ```\n- > y',
    '\n> - a',
    '\n- a\n\n  b\n  ```\n  c\n  ```\n  d',
    '@kirk `&lt;`',
    `**${'x'.repeat(600)}**`,
  )
  const { room, perform, confirm } = await bridge(t, { version: 'main' })
  for (const [index, text] of texts.entries())
    for (const attachments of [undefined, [{ name: 'a.png', url: 'https://x.example/a.png' }]]) {
      const effect = { ...accepted, what: 'commented', text: `${index} ${text}`, markup: 'markdown' } as const
      const job = jobFor(attachments === undefined ? effect : { ...effect, attachments })
      const since = new Date()
      await perform(job)
      const last = room.messages(1).at(-1)
      t.match(await confirm(since, job), { id: String(499 + room.messages(1).length) }, `${text}: ${last?.plainText}`)
    }
  t.match(room.messages(1)[0]?.html, /: "0 <strong>a<\/strong> <a href="https:\/\/x.example">b<\/a>" https/)
})

t.test('no text is taken for a form, for markup or for half an escape', async (t) => {
  const { room, perform } = await bridge(t)
  const text = '100% of <b>it</b>\nattachment=x&body=y {"json": true} 50%zz ＆ 🛡️'
  await perform(jobFor({ ...accepted, what: 'commented', text }))
  const [message] = room.messages(1)
  t.equal(message?.plainText, `James Kirk commented on "More power to shields" ${link}\n${text}`)
  t.strictSame(message?.html.match(/<[^>]*>/g), ['<br>', '<br>'], 'the only markup is the ends of lines')
})

t.test('a redirect is a refused key, a missing https or another server, never success', async (t) => {
  const hold = (status: number, message: string): object => ({
    verdict: 'hold',
    message,
    status,
    retryAfterMs: null,
    targetDown: false,
  })
  const refused = hold(302, 'Campfire answered 302: it does not know the bot_key, or the bot is switched off')
  const rotated = await bridge(t, {
    settings: (url) => ({ url: `${url}/rooms/1`, bot_key: '2-rotated00000' }),
  })
  t.strictSame(await failureOf(rotated.perform()), refused)
  t.strictSame(
    rotated.room.requests.map((each) => each.path),
    ['/rooms/1/2-rotated00000/messages'],
    'the sign-in page is not asked for',
  )
  t.strictSame(await failureOf(rotated.confirm(new Date())), refused)
  const plain = await bridge(t, { tlsOnly: true })
  t.strictSame(
    await failureOf(plain.perform()),
    hold(301, 'Campfire answered 301: it wants https; let the url begin with https://'),
  )
  const moved = await bridge(t)
  moved.room.fault({ status: 308, headers: { location: 'http://elsewhere.example/' } })
  t.strictSame(await failureOf(moved.perform()), hold(308, 'Campfire answered 308: it sends elsewhere; check the url'))
  moved.room.fault({ status: 302 })
  t.match(await failureOf(moved.perform()), { verdict: 'hold', status: 302 })
})

t.test(
  'a room that is not the bot’s holds on newer versions, and is in doubt on those that fail over it',
  async (t) => {
    const settings = (url: string): object => ({ url: `${url}/rooms/3/${benderKey}/messages` })
    const newer = await bridge(t, { settings })
    t.strictSame(await failureOf(newer.perform()), {
      verdict: 'hold',
      message: 'Campfire answered 404: the bot is not in room 3, or there is no Campfire at the url',
      status: 404,
      retryAfterMs: null,
      targetDown: false,
    })
    const older = await bridge(t, { settings, version: '1.4.9' })
    t.strictSame(await failureOf(older.perform()), {
      verdict: 'in doubt',
      message: 'Campfire answered 500: up to 1.4.9 this also means that the bot is not in room 3',
      status: 500,
      retryAfterMs: null,
      targetDown: true,
    })
  },
)

t.test('each other answer gets its own verdict', async (t) => {
  const { room, perform } = await bridge(t)
  const cases: [number, object][] = [
    [200, { verdict: 'in doubt', targetDown: true }],
    [400, { verdict: 'dead' }],
    [403, { verdict: 'hold' }],
    [413, { verdict: 'dead' }],
    [421, { verdict: 'hold', message: 'Campfire answered 421: it does not serve the host name in the url' }],
    [422, { verdict: 'dead' }],
    [502, { verdict: 'in doubt', targetDown: true }],
    [503, { verdict: 'in doubt', targetDown: true }],
  ]
  for (const [status, expected] of cases) {
    room.fault({ status })
    t.match(await failureOf(perform()), { status, ...expected }, String(status))
  }
  room.fault({ status: 429, headers: { 'retry-after': '7' } })
  t.match(await failureOf(perform()), { verdict: 'hold', message: /rate limit/, status: 429, retryAfterMs: 7000 })
  t.equal(room.messages(1).length, 0)
  const banned = await bridge(t, { banned: true })
  t.strictSame(await failureOf(banned.perform()), {
    verdict: 'hold',
    message: 'Campfire answered 429: it has banned the address of this machine',
    status: 429,
    retryAfterMs: null,
    targetDown: false,
  })
})

t.test('an attempt without an answer is in doubt; one that reached nobody is not', async (t) => {
  const hurried = await bridge(t, { timeoutMs: 200 })
  hurried.room.down('hang')
  t.match(await failureOf(hurried.perform()), { verdict: 'in doubt', status: null, targetDown: true })
  const { room, perform } = await bridge(t)
  for (const fault of ['reset', 'garbage', 'lose the answer'] as const) {
    room.fault(fault)
    t.match(await failureOf(perform()), { verdict: 'in doubt', status: null, targetDown: true }, fault)
  }
  await room.close()
  t.match(await failureOf(perform()), { verdict: 'retry', status: null, targetDown: true }, 'refused')
})

t.test('a message whose answer was lost is found again where the version can be asked', async (t) => {
  const job = jobFor({ ...accepted, what: 'commented', text: 'She <can\'t> take\n\n  "much" more &amp; @scotty' })
  for (const clockAheadMs of [0, 3_600_000, -3_600_000]) {
    const { room, perform, confirm } = await bridge(t, { clockAheadMs })
    room.write(1, 1, 'Anybody here?', 1000)
    const since = new Date()
    room.fault('lose the answer')
    t.match(await failureOf(perform(job)), { verdict: 'in doubt' })
    t.strictSame(await confirm(since, job), { id: '501', note: 'already in the room' })
    t.strictSame(await confirm(since, job), { id: '501', note: 'already in the room' }, 'as often as it is asked')
  }
})

t.test('a message that never arrived is absent, also in an empty room', async (t) => {
  const { room, perform, confirm } = await bridge(t)
  room.fault('reset')
  const since = new Date()
  t.match(await failureOf(perform()), { verdict: 'in doubt' })
  t.equal(await confirm(since), 'absent')
  room.write(1, 1, 'Anybody here?')
  t.equal(await confirm(since), 'absent')
})

t.test('the same words written before the attempt, by others or for another delivery are not it', async (t) => {
  const { room, perform, confirm } = await bridge(t)
  room.write(1, botId, acceptedHtml, 62 * 60_000)
  room.write(1, 1, acceptedHtml)
  t.match(await perform(jobFor(accepted, { key: 'dlv_earlier' })), { id: '502' })
  const since = new Date()
  t.equal(await confirm(since), 'absent')
  t.match(await perform(), { id: '503' })
  t.match(await confirm(since), { id: '503' })
})

t.test('a message is found below a thousand later ones, and no longer below some thousands', async (t) => {
  const { room, confirm } = await bridge(t)
  const since = new Date(Date.now() - 1000_000)
  room.write(1, botId, acceptedHtml, 999_000)
  for (let count = 0; count < 1000; count += 1) room.write(1, botId, `message ${count}`, 900_000 - count * 100)
  t.match(await confirm(since), { id: '500' })
  t.equal(room.requests.length, 26)
  for (let count = 0; count < 3000; count += 1) room.write(1, 1, `message ${count}`, 500_000 - count * 10)
  t.equal(await confirm(since), 'cannot tell')
  t.equal(room.requests.length, 126)
})

t.test('a version that cannot be asked cannot tell', async (t) => {
  const { room, confirm } = await bridge(t, { version: '1.4.9' })
  t.equal(await confirm(new Date()), 'cannot tell')
  for (const status of [405, 406]) {
    room.fault({ status })
    t.equal(await confirm(new Date()), 'cannot tell', String(status))
  }
  room.fault({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' })
  t.equal(await confirm(new Date()), 'cannot tell')
  const message = { id: 1, created_at: 'long ago', body: { plain_text: 'x' }, creator: { id: 1 } }
  room.fault({ status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify([message]) })
  t.equal(await confirm(new Date()), 'cannot tell')
})

t.test('a question that fails is asked again, and never counts as an answer', async (t) => {
  const hurried = await bridge(t, { timeoutMs: 200 })
  hurried.room.down('hang')
  t.match(await failureOf(hurried.confirm(new Date())), { verdict: 'retry', targetDown: true })
  const { room, confirm } = await bridge(t)
  room.fault({ status: 500 })
  t.match(await failureOf(confirm(new Date())), { verdict: 'retry', status: 500, targetDown: true })
})

t.test('a check tells whether the bot may write, where that can be known without writing', async (t) => {
  const found = async (options: Parameters<typeof bridge>[1]): Promise<readonly Finding[]> => {
    const { room, check } = await bridge(t, options)
    const findings = await check()
    t.notOk(room.requests.some(({ method }) => method !== 'GET'))
    t.notMatch(JSON.stringify(findings), benderKey)
    return findings
  }
  t.strictSame(await found({}), [{ level: 'ok', setting: null, message: 'the bot is in room 1' }])
  t.strictSame(await found({ settings: (url) => ({ url: `${url}/rooms/1`, bot_key: '2-rotated00000' }) }), [
    {
      level: 'error',
      setting: 'bot_key',
      message: 'Campfire answered 302: it does not know the bot_key, or the bot is switched off',
    },
  ])
  t.strictSame(await found({ settings: (url) => ({ url: `${url}/rooms/3/${benderKey}/messages` }) }), [
    { level: 'error', setting: 'room_id', message: 'the bot is not in room 3; add it there' },
  ])
  t.strictSame(await found({ version: '1.4.9' }), [
    {
      level: 'warning',
      setting: null,
      message:
        'Campfire 1.4.9 can be tried only by writing; the first message will show whether bot_key and room are right',
    },
  ])
  t.strictSame(await found({ tlsOnly: true }), [
    {
      level: 'error',
      setting: 'url',
      message: 'Campfire answered 301: it wants https; let the url begin with https://',
    },
  ])
})

t.test('a check knows when there is no Campfire, or nothing at all', async (t) => {
  const { room, check } = await bridge(t)
  room.down({ status: 404 })
  t.strictSame(await check(), [{ level: 'error', setting: 'url', message: `no Campfire answers at ${room.url}` }])
  const gone = await bridge(t)
  await gone.room.close()
  t.match(await gone.check(), [{ level: 'error', setting: 'url', message: /cannot be reached/ }])
})

t.test('the key is in no error, and in no record of an exchange', async (t) => {
  const room = await startOnceCampfire()
  t.teardown(() => room.close())
  const settings = filled({ url: `curl -d 'Hello!' ${room.url}${path}` })
  const client = createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs: 5000,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: secretsOf(settings),
  })
  t.teardown(() => client.close())
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const tools = {
    integration: 'room',
    send: client.send,
    now: () => new Date(),
    steady: () => 0,
    random: () => 0.5,
    pause: async () => {},
    log,
  }
  const session = configured(campfire, settings).open(tools)
  const sink: Exchange[] = []
  await recordExchanges(sink, async () => {
    await session.perform?.(jobFor(accepted))
    for (const status of [200, 302, 400, 401, 403, 404, 413, 421, 422, 429, 500, 503] as const) {
      room.fault({ status, body: benderKey })
      t.notMatch(JSON.stringify(await failureOf(session.perform?.(jobFor(accepted)) ?? Promise.resolve())), benderKey)
    }
    for (const fault of ['reset', 'garbage'] as const) {
      room.fault(fault)
      t.notMatch(JSON.stringify(await failureOf(session.perform?.(jobFor(accepted)) ?? Promise.resolve())), benderKey)
    }
    await session.confirm?.(jobFor(accepted), new Date())
  })
  t.equal(sink.length, 16)
  t.notMatch(JSON.stringify(sink), benderKey)
})
