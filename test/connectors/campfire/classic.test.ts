import t, { type Test } from 'tap'
import campfire from '../../../src/connectors/campfire/index.ts'
import type { Finding } from '../../../src/connectors/contract/connector.ts'
import type { Send } from '../../../src/http/send.ts'
import { type Campfire, type CampfireOptions, jamesToken, startCampfire } from '../../../src/stand-ins/campfire.ts'
import { configured, jobFor, openClient, openSession } from '../../harness.ts'
import { accepted, acceptedText, type Bridge, bridgeTo, failureOf, functionsOf, link } from './bridge.ts'
import { filled } from './filled.ts'

const relayId = 2

async function bridge(
  t: Test,
  options: CampfireOptions & { settings?: object; timeoutMs?: number } = {},
): Promise<Bridge<Campfire>> {
  const room = await startCampfire(options)
  const settings = { base_url: room.url, api_token: jamesToken, room_id: 42, ...options.settings }
  return bridgeTo(t, room, settings, options.timeoutMs)
}

t.test('an announcement is said in the room as one text message', async (t) => {
  const { room, perform } = await bridge(t)
  t.strictSame(await perform(), { id: '1000' })
  t.match(room.messages(42), [
    { id: 1000, room_id: 42, user_id: relayId, body: acceptedText, type: 'TextMessage', starred: false },
  ])
  t.equal(room.requests.length, 1)
  t.match(room.requests[0], {
    method: 'POST',
    path: '/room/42/speak.json',
    headers: {
      'user-agent': /^tracker-relay/,
      accept: 'application/json',
      'content-type': 'application/json; charset=utf-8',
      authorization: `Basic ${Buffer.from(`${jamesToken}:X`).toString('base64')}`,
    },
  })
  t.strictSame(JSON.parse(String(room.requests[0]?.body)), { message: { type: 'TextMessage', body: acceptedText } })
})

t.test('a comment of several lines is pasted, so that its lines stay', async (t) => {
  const { room, perform } = await bridge(t)
  await perform(jobFor({ ...accepted, what: 'commented', text: 'Aye.\nShe is holding.' }))
  t.match(room.messages(42), [
    {
      type: 'PasteMessage',
      body: `James Kirk commented on "More power to shields" ${link}\nAye.\nShe is holding.`,
    },
  ])
})

t.test('words in any script arrive as they were written', async (t) => {
  const { room, perform } = await bridge(t)
  await perform(jobFor(accepted, { story: { name: 'シールド 🛡️ "größer"' } }))
  t.equal(room.messages(42)[0]?.body, `James Kirk accepted "シールド 🛡️ "größer"" ${link}`)
})

t.test('a message that was written counts, even when its answer cannot be read', async (t) => {
  const { room, perform } = await bridge(t)
  room.fault('reset mid-body')
  t.strictSame(await perform(), { id: '1000' })
  t.equal(room.messages(42).length, 1)
  room.fault({ status: 201, body: 'Created' })
  t.strictSame(await perform(), { id: null })
})

t.test('what the settings got wrong holds the room, and the message names the setting', async (t) => {
  const hold = (status: number, message: string): object => ({
    verdict: 'hold',
    message,
    status,
    retryAfterMs: null,
    targetDown: false,
  })
  const token = await bridge(t, { settings: { api_token: 'wrong' } })
  t.strictSame(await failureOf(token.perform()), hold(401, 'Campfire answered 401: it does not know the api_token'))
  const missing = await bridge(t, { settings: { room_id: 44 } })
  t.strictSame(
    await failureOf(missing.perform()),
    hold(404, 'Campfire answered 404: there is no room_id 44 at this base_url'),
  )
  const closed = await bridge(t, { rooms: [{ id: 42, name: 'Bridge', closedTo: [relayId] }] })
  t.strictSame(
    await failureOf(closed.perform()),
    hold(
      403,
      'Campfire answered 403: the user of api_token may not do this in room_id 42; is it locked, or closed to them?',
    ),
  )
  const plain = await bridge(t, { sslOnly: true })
  t.strictSame(await failureOf(plain.perform()), hold(302, 'Campfire answered 302: let base_url begin with https://'))
  t.equal(plain.room.requests.length, 1, 'the redirect is not followed')
  const moved = await bridge(t)
  moved.room.fault({ status: 302, headers: { location: 'http://login.example/' } })
  t.strictSame(
    await failureOf(moved.perform()),
    hold(302, `Campfire answered 302: it sends elsewhere; check base_url (now 127.0.0.1:${moved.room.port})`),
  )
})

t.test('an account that redirects tells which way use_ssl has to be turned', async (t) => {
  const room = await startCampfire()
  t.teardown(() => room.close())
  const client = openClient(t)
  const asked: string[] = []
  /** Leads the account's own address to the stand-in. */
  const send: Send = async (request) => {
    asked.push(request.url)
    return await client.send({ ...request, url: request.url.replace(/^https?:\/\/[^/]+/, room.url) })
  }
  const open = (settings: object): Omit<Bridge<Campfire>, 'room'> => {
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    const [now, steady, random] = [() => new Date(), () => 0, () => 0.5]
    const tools = { integration: 'room', send, now, steady, random, pause: async () => {}, log }
    return functionsOf(
      configured(campfire, filled({ subdomain: 'enterprise', api_token: jamesToken, room_id: 42, ...settings })).open(
        tools,
      ),
    )
  }
  t.strictSame(await open({}).perform(), { id: '1000' })

  const location = (scheme: string): { location: string } => ({
    location: `${scheme}://enterprise.campfirenow.com/room/42/speak.json`,
  })
  room.fault({ status: 302, headers: location('https') })
  t.match(await failureOf(open({ use_ssl: false }).perform()), {
    verdict: 'hold',
    message: 'Campfire answered 302: it wants https; turn use_ssl on',
  })
  room.fault({ status: 302, headers: location('http') })
  t.match(await failureOf(open({}).perform()), {
    verdict: 'hold',
    message: 'Campfire answered 302: it has no https; turn use_ssl off',
  })
  t.strictSame(asked, [
    'https://enterprise.campfirenow.com/room/42/speak.json',
    'http://enterprise.campfirenow.com/room/42/speak.json',
    'https://enterprise.campfirenow.com/room/42/speak.json',
  ])

  room.fault({ status: 302, headers: location('https') })
  t.strictSame(await open({ use_ssl: false }).check(), [
    {
      level: 'warning',
      setting: 'use_ssl',
      message:
        'off: the token and every message can be read on their way, and an account with SSL answers only with a redirect',
    },
    { level: 'error', setting: 'use_ssl', message: 'Campfire answered 302: it wants https; turn use_ssl on' },
  ])
})

t.test('a server without TLS cannot be spoken to over https, and nothing was said', async (t) => {
  const { room } = await bridge(t)
  const opened = openSession(campfire, {
    base_url: `https://127.0.0.1:${room.port}`,
    api_token: jamesToken,
    room_id: 42,
  })
  t.teardown(() => opened.close())
  t.match(await failureOf(functionsOf(opened.session).perform()), { verdict: 'retry', status: null, targetDown: true })
  t.equal(room.messages(42).length, 0)
})

t.test('over the rate limit the room waits as long as it was asked to', async (t) => {
  const { room, perform } = await bridge(t, { rateLimit: { requests: 1, windowMs: 10_000 } })
  await perform()
  t.match(await failureOf(perform()), { verdict: 'in doubt', status: 503, retryAfterMs: 10_000, targetDown: true })
  t.equal(room.messages(42).length, 1)
})

t.test('each other answer gets its own verdict', async (t) => {
  const { room, perform } = await bridge(t)
  const cases: [number, object][] = [
    [422, { verdict: 'dead', message: 'Campfire answered 422: it refuses the message' }],
    [400, { verdict: 'dead' }],
    [413, { verdict: 'dead' }],
    [429, { verdict: 'hold' }],
    [503, { verdict: 'in doubt', targetDown: true }],
    [500, { verdict: 'in doubt', targetDown: true }],
    [502, { verdict: 'in doubt', targetDown: true }],
    [504, { verdict: 'in doubt', targetDown: true }],
    [
      200,
      {
        verdict: 'in doubt',
        message: `127.0.0.1:${room.port} answered 200, but not as a Campfire does; check base_url`,
        targetDown: true,
      },
    ],
    [204, { verdict: 'in doubt' }],
  ]
  for (const [status, expected] of cases) {
    room.fault({ status, headers: { 'content-type': 'text/html' } })
    t.match(await failureOf(perform()), { status, ...expected }, String(status))
  }
  t.equal(room.messages(42).length, 0)
})

t.test('an attempt without an answer is in doubt; one that reached nobody is not', async (t) => {
  const hurried = await bridge(t, { timeoutMs: 200 })
  hurried.room.down('hang')
  t.match(await failureOf(hurried.perform()), { verdict: 'in doubt', status: null, targetDown: true }, 'hang')
  const { room, perform } = await bridge(t)
  for (const fault of ['reset', 'garbage', 'lose the answer'] as const) {
    room.fault(fault)
    t.match(await failureOf(perform()), { verdict: 'in doubt', status: null, targetDown: true }, fault)
  }
  await room.close()
  t.match(await failureOf(perform()), { verdict: 'retry', status: null, targetDown: true }, 'refused')
})

t.test('a message whose answer was lost is found again, and so not said twice', async (t) => {
  for (const clockAheadMs of [0, 3_600_000, -3_600_000]) {
    const { room, perform, confirm } = await bridge(t, { clockAheadMs })
    const since = new Date()
    room.fault('lose the answer')
    t.match(await failureOf(perform()), { verdict: 'in doubt' })
    t.strictSame(await confirm(since), { id: '1000', note: 'already in the room' }, `clock ahead by ${clockAheadMs} ms`)
    t.strictSame(await confirm(since), { id: '1000', note: 'already in the room' }, 'as often as it is asked')
    t.strictSame(
      room.requests.map(({ method, path, query }) => `${method} ${path}?${query}`),
      [
        'POST /room/42/speak.json?',
        'GET /users/me.json?',
        'GET /room/42/recent.json?limit=100',
        'GET /room/42/recent.json?limit=100',
      ],
    )
  }
})

t.test('a pasted comment is found again too', async (t) => {
  const { room, perform, confirm } = await bridge(t)
  const job = jobFor({ ...accepted, what: 'commented', text: 'Aye.\n\nShe is holding.' })
  const since = new Date()
  room.fault('lose the answer')
  await failureOf(perform(job))
  t.match(await confirm(since, job), { id: '1000' })
})

t.test(
  'the same words said before the attempt, by others, in other rooms or for another delivery are not it',
  async (t) => {
    const { room, perform, confirm } = await bridge(t, { clockAheadMs: 120_000 })
    room.say(42, relayId, acceptedText, 62 * 60_000)
    room.say(42, 7, acceptedText)
    room.say(43, relayId, acceptedText)
    t.match(await perform(jobFor(accepted, { key: 'dlv_earlier' })), { id: '1003' })
    const since = new Date()
    t.equal(await confirm(since), 'absent')
    t.match(await perform(), { id: '1004' })
    t.match(await confirm(since), { id: '1004' })
  },
)

t.test('a message below a thousand later ones is found in the transcripts of the days since', async (t) => {
  const { room, confirm } = await bridge(t)
  const since = new Date(Date.now() - 60_000)
  for (let count = 0; count < 99; count += 1) room.say(42, 7, `message ${count}`, 30_000)
  t.equal(await confirm(since), 'absent', 'all messages are seen')
  const { id } = room.say(42, relayId, acceptedText, 30_000)
  for (let count = 0; count < 1000; count += 1) room.say(42, relayId, `more ${count}`, 20_000)
  t.match(await confirm(since), { id: String(id) })
  t.equal(await confirm(since, jobFor({ ...accepted, author: 'Q' })), 'absent', 'all of these days are read')
  room.fault({ status: 404, body: '' }, { where: ({ path }) => path.includes('/transcript') })
  t.equal(await confirm(since), 'cannot tell', 'a locked room has no transcript')
})

t.test('the transcripts of all days since are read, also if the server does not tell its time', async (t) => {
  const { room, confirm } = await bridge(t, { tellsTime: false })
  const since = new Date(Date.now() - 5 * 24 * 60 * 60_000)
  const { id } = room.say(42, relayId, acceptedText)
  for (let count = 0; count < 150; count += 1) room.say(42, 7, `later ${count}`)
  t.match(await confirm(since), { id: String(id) })
  t.equal(await confirm(since, jobFor({ ...accepted, author: 'Q' })), 'absent')
})

t.test('where no transcript is kept, the messages since the one before are paged through', async (t) => {
  const { room, perform, confirm } = await bridge(t, { sinceShows: 'the first' })
  room.fault({ status: 404, body: '' }, { where: ({ path }) => path.includes('/transcript') })
  await perform(jobFor({ ...accepted, author: 'Spock' }))
  const since = new Date()
  room.fault('lose the answer', { where: ({ path }) => path.endsWith('/speak.json') })
  await failureOf(perform())
  for (let count = 0; count < 250; count += 1) room.say(42, relayId, `more ${count}`)
  t.match(await confirm(since), { id: '1001' })
})

t.test('a question that fails is asked again, and never counts as an answer', async (t) => {
  const hurried = await bridge(t, { timeoutMs: 200 })
  hurried.room.down('hang')
  t.match(await failureOf(hurried.confirm(new Date())), { verdict: 'retry', targetDown: true })
  const { room, confirm } = await bridge(t)
  const asked = async (): Promise<object> => await failureOf(confirm(new Date()))
  const json = { 'content-type': 'application/json' }
  room.fault({ status: 500 })
  t.match(await asked(), { verdict: 'retry', status: 500, targetDown: true })
  room.fault({ status: 200, headers: json, body: '{"user":{}}' })
  t.match(await asked(), { verdict: 'retry', status: 200, targetDown: true })
  room.fault({ status: 200, body: '<html>Welcome to the network of Starbase 12</html>' })
  t.match(await asked(), { verdict: 'retry', status: 200, targetDown: true })
  room.fault({ status: 401 }, { where: ({ path }) => path.endsWith('recent.json') })
  t.match(await asked(), { verdict: 'hold', status: 401 })
  room.fault({
    status: 200,
    headers: json,
    body: '{"messages":[{"id":1,"created_at":"long ago","body":"x","user_id":2}]}',
  })
  t.equal(await confirm(new Date()), 'cannot tell', 'a time that cannot be read')
  t.equal(await confirm(new Date()), 'absent')
})

t.test('an effect that is not an announcement is dead', async (t) => {
  const { room, perform, confirm } = await bridge(t)
  const job = jobFor({ kind: 'state', storyId: '109', author: '', state: 'accepted', from: null })
  t.match(await failureOf(perform(job)), { verdict: 'dead' })
  t.match(await failureOf(perform(jobFor({ kind: 'forward' }))), { verdict: 'dead' })
  t.match(await failureOf(confirm(new Date(), job)), { verdict: 'dead' })
  t.equal(room.messages(42).length, 0)
})

t.test('a check says as whom and where the relay speaks, and writes nothing', async (t) => {
  const { room, check } = await bridge(t)
  t.strictSame(await check(), [
    {
      level: 'warning',
      setting: 'base_url',
      message: 'no https: the token and every message can be read on their way',
    },
    { level: 'ok', setting: 'api_token', message: 'speaks as Tracker Relay' },
    { level: 'ok', setting: 'room_id', message: 'speaks in "Bridge"' },
  ])
  t.notOk(room.requests.some(({ method }) => method !== 'GET'))
})

t.test('a check finds what is wrong, at the setting that mends it', async (t) => {
  const afterWarning = async (options: Parameters<typeof bridge>[1]): Promise<readonly Finding[]> =>
    (await (await bridge(t, options)).check()).slice(1)
  t.strictSame(await afterWarning({ settings: { api_token: 'wrong' } }), [
    { level: 'error', setting: 'api_token', message: 'Campfire answered 401: it does not know the api_token' },
  ])
  const speaker = { level: 'ok', setting: 'api_token', message: 'speaks as Tracker Relay' } as const
  t.strictSame(await afterWarning({ settings: { room_id: 44 } }), [
    speaker,
    {
      level: 'error',
      setting: 'room_id',
      message: 'there is no room 44; the user of api_token may enter 42 ("Bridge"), 43 ("Engine room")',
    },
  ])
  t.strictSame(await afterWarning({ settings: { room_id: 44 }, rooms: [] }), [
    speaker,
    {
      level: 'error',
      setting: 'room_id',
      message: 'there is no room 44; the user of api_token may enter none at all',
    },
  ])
  const decks = Array.from({ length: 12 }, (_, at) => ({ id: at + 1, name: `Deck ${at + 1}` }))
  t.match((await afterWarning({ settings: { room_id: 44 }, rooms: decks }))[1], {
    message: /10 \("Deck 10"\) and others$/,
  })
  t.strictSame(await afterWarning({ rooms: [{ id: 42, name: 'Bridge', locked: true }] }), [
    speaker,
    { level: 'warning', setting: 'room_id', message: '"Bridge" is locked: what is said now may not be kept' },
  ])
  t.match(await afterWarning({ rooms: [{ id: 42, name: 'Bridge', closedTo: [relayId] }] }), [
    { level: 'error', setting: 'room_id', message: /^Campfire answered 403/ },
  ])
  t.strictSame(await afterWarning({ sslOnly: true }), [
    { level: 'error', setting: 'base_url', message: 'Campfire answered 302: let base_url begin with https://' },
  ])
  const gone = await bridge(t)
  await gone.room.close()
  t.match((await gone.check()).slice(1), [{ level: 'error', setting: 'base_url', message: /cannot be reached/ }])
})

t.test('no error shows the token', async (t) => {
  const { room, perform, check } = await bridge(t)
  for (const status of [200, 302, 400, 401, 403, 404, 422, 500, 503]) {
    room.fault({ status, body: jamesToken })
    t.notMatch(JSON.stringify(await failureOf(perform())), jamesToken)
    room.fault({ status, body: jamesToken })
    t.notMatch(JSON.stringify(await check()), jamesToken)
  }
})
