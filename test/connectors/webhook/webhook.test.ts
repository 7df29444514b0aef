import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { defineConnector, type Job } from '../../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import webhook from '../../../src/connectors/webhook/index.ts'
import { openSession as openWebhook } from '../../../src/connectors/webhook/session.ts'
import { parseActivity } from '../../../src/tracker/parse.ts'
import { type JobParts, jobFor, openSession } from '../../harness.ts'
import { type ReceiverOptions, startWebhookReceiver } from '../../targets/webhook-receiver.ts'

const OLD = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const NEW = 'whsec_bmV3IHNlY3JldCBvZiB0aGUgd2ViIGhvb2s='

const raw = readFileSync('test/activities/story_accepted.in.xml')
const activity = parseActivity(raw)

const job = (parts: JobParts = {}): Job => jobFor({ kind: 'forward' }, { activity, raw, ...parts })

/** Takes settings with which something is wrong, too. */
const unexamined = defineConnector({
  ...webhook,
  configure: (settings) => ({ plan: () => [], open: (tools) => openWebhook(settings, tools) }),
})

async function opened(t: Test, settings: object = {}, receiving: Partial<ReceiverOptions> = {}, connector = webhook) {
  const receiver = await startWebhookReceiver({ secret: OLD, ...receiving })
  let skew = 0
  const moveClock = (ms: number): void => {
    skew += ms
  }
  const now = (): Date => new Date(Date.now() + skew)
  const { session, close } = openSession(connector, { url: receiver.url, secret: OLD, ...settings }, { now })
  t.teardown(() => Promise.all([close(), receiver.close()]))
  const perform = async (each: Job = job()) => {
    if (session.perform === undefined) throw new Error('a web hook must be able to perform')
    return await session.perform(each)
  }
  const failing = async (each?: Job): Promise<DeliveryError> => {
    const error = await perform(each).then(
      () => new Error('it was delivered'),
      (reason: unknown) => reason,
    )
    if (error instanceof DeliveryError) return error
    throw error
  }
  const check = async () => (await session.check?.()) ?? []
  return { receiver, session, perform, failing, check, moveClock }
}

t.test('an activity arrives signed, in one form, and is accepted', async (t) => {
  const { receiver, perform } = await opened(t)
  t.strictSame(await perform(), { id: 'dlv_0123456789abcdef', note: 'answered 202' })
  t.strictSame(
    receiver.accepted.map(({ body, ...rest }) => ({ ...rest, body: JSON.parse(body) })),
    [
      {
        id: 'dlv_0123456789abcdef',
        contentType: 'application/json',
        body: { type: 'story.accepted', timestamp: activity.occurredAt, data: activity },
      },
    ],
  )
})

t.test('a notice of the relay is JSON of its own type, also where activities are carried on raw', async (t) => {
  const lines = [{ about: 'jira', what: 'held', isOver: false, message: 'jira takes nothing' }]
  for (const payload of ['activity', 'raw']) {
    const { receiver, perform } = await opened(t, { payload })
    await perform(jobFor({ kind: 'notice', lines }))
    t.strictSame(
      receiver.accepted.map(({ contentType, body }) => [contentType, JSON.parse(body)]),
      [
        [
          'application/json',
          {
            type: 'relay.notice',
            timestamp: '2009-12-14T22:12:09.000Z',
            data: { text: 'Tracker Relay: jira takes nothing.', lines },
          },
        ],
      ],
      payload,
    )
  }
})

t.test('raw carries on the very bytes and the content type that Tracker sent', async (t) => {
  const bytes = Buffer.concat([Buffer.from('<activity>'), Buffer.from([0xe4, 0xff, 0x00]), Buffer.from('</activity>')])
  const cases: [string, Buffer, string | null, string][] = [
    ['as it was declared', bytes, 'text/xml; charset=iso-8859-1', 'text/xml; charset=iso-8859-1'],
    ['XML, undeclared', Buffer.from('\ufeff\n<activity/>'), null, 'application/xml'],
    ['JSON, undeclared', Buffer.from(' {"kind":"x"}'), null, 'application/json'],
    ['anything else, undeclared', Buffer.from('hello'), null, 'application/octet-stream'],
  ]
  for (const [name, sent, declared, contentType] of cases) {
    // The library reads every body as UTF-8, so it cannot check bytes that are none: those go to a receiver that does not.
    const secret = sent === bytes ? null : OLD
    const { receiver, perform } = await opened(t, { payload: 'raw' }, { contentType, secret })
    await perform(job({ raw: sent, ...(declared === null ? {} : { contentType: declared }) }))
    t.strictSame(receiver.standIn.requests.at(-1)?.body, sent, name)
    t.equal(receiver.accepted.length, 1, name)
  }
})

t.test('a receiver that was sent a delivery twice takes it once, each attempt with its own time', async (t) => {
  const { receiver, perform, failing, moveClock } = await opened(t)
  receiver.standIn.fault('lose the answer')
  const lost = await failing()
  t.strictSame([lost.verdict, lost.targetDown], ['in doubt', true])
  moveClock(60_000)
  t.strictSame(await perform(), { id: 'dlv_0123456789abcdef', note: 'answered 200' })
  t.strictSame([receiver.accepted.length, receiver.repeated], [1, 1])
  const [first, second] = receiver.standIn.requests.map(({ headers, body }) => ({ headers, body }))
  t.strictSame(second?.body, first?.body)
  t.equal(second?.headers['webhook-id'], first?.headers['webhook-id'])
  const step = Number(second?.headers['webhook-timestamp']) - Number(first?.headers['webhook-timestamp'])
  t.ok(step >= 60, 'the second attempt is signed anew')
  t.not(second?.headers['webhook-signature'], first?.headers['webhook-signature'])
})

t.test('a receiver that checks the time refuses an attempt with a wrong clock, and it is tried again', async (t) => {
  const { receiver, failing, moveClock } = await opened(t)
  moveClock(-10 * 60_000)
  const error = await failing()
  t.strictSame([error.verdict, error.status], ['retry', 401])
  t.strictSame(receiver.accepted, [])
})

t.test('while the receiver changes over, both secrets sign', async (t) => {
  for (const known of [OLD, NEW]) {
    const { receiver, perform } = await opened(t, { secret: undefined, secrets: [NEW, OLD] }, { secret: known })
    await perform()
    t.equal(
      receiver.accepted.length,
      1,
      `accepted by a receiver that knows ${known === OLD ? 'the old' : 'the new'} one`,
    )
    t.match(receiver.standIn.requests[0]?.headers['webhook-signature'], /^v1,[\w+/]{43}= v1,[\w+/]{43}=$/)
  }
})

t.test('a secret may be any text', async (t) => {
  const secret = 'correct horse battery staple'
  const { receiver, perform } = await opened(t, { secret }, { secret })
  await perform()
  t.equal(receiver.accepted.length, 1)
})

t.test('without a secret nothing is signed', async (t) => {
  const { receiver, perform } = await opened(t, { secret: undefined }, { secret: null })
  await perform()
  t.notOk('webhook-signature' in (receiver.standIn.requests[0]?.headers ?? {}))
  t.equal(receiver.accepted.length, 1)
})

t.test('headers from the settings go along and never replace our own', async (t) => {
  const headers = {
    Authorization: 'Bearer abc',
    'X-Team': 'bridge',
  }
  const sent = {
    authorization: 'Bearer abc',
    'x-team': 'bridge',
    'webhook-id': 'dlv_0123456789abcdef',
    'content-type': 'application/json',
  }
  const { receiver, perform } = await opened(t, { headers })
  await perform()
  t.match(receiver.standIn.requests[0]?.headers, sent)
  t.equal(receiver.accepted.length, 1)

  const forged = { ...headers, 'Webhook-Id': 'forged', 'CONTENT-TYPE': 'text/plain' }
  const forging = await opened(t, { headers: forged }, {}, unexamined)
  await forging.perform()
  t.match(forging.receiver.standIn.requests[0]?.headers, sent, 'not even where they came past the check')
  t.equal(forging.receiver.accepted.length, 1)
})

t.test('every answer has its meaning', async (t) => {
  const { receiver, perform, failing } = await opened(t)
  for (const status of [200, 201, 202, 204, 299]) {
    receiver.standIn.fault({ status })
    t.match(await perform(), { note: `answered ${status}` })
  }
  const cases: [number, Record<string, string>, string, number | null, boolean][] = [
    [400, {}, 'retry', null, false],
    [401, {}, 'retry', null, false],
    [403, {}, 'retry', null, false],
    [404, {}, 'retry', null, false],
    [409, { 'retry-after': '30' }, 'retry', 30_000, false],
    [410, {}, 'pause', null, false],
    [413, {}, 'retry', null, false],
    [422, {}, 'retry', null, false],
    [429, { 'retry-after': '120' }, 'hold', 120_000, false],
    [429, {}, 'hold', null, false],
    [301, { location: '/elsewhere' }, 'hold', null, false],
    [307, { location: 'http://169.254.169.254/' }, 'hold', null, false],
    [500, {}, 'in doubt', null, true],
    [502, { 'retry-after': '5' }, 'in doubt', 5000, true],
    [503, { 'retry-after': '60' }, 'in doubt', 60_000, true],
    [503, {}, 'in doubt', null, true],
    [504, {}, 'in doubt', null, true],
  ]
  for (const [status, headers, verdict, retryAfterMs, targetDown] of cases) {
    const before = receiver.standIn.requests.length
    receiver.standIn.fault({ status, headers, body: 'letmein' })
    const error = await failing()
    t.strictSame(
      [error.verdict, error.status, error.retryAfterMs, error.targetDown],
      [verdict, status, retryAfterMs, targetDown],
      `${status} ${JSON.stringify(headers)}`,
    )
    t.match(error.message, `the web hook at 127.0.0.1:${receiver.standIn.port} answered ${status}`)
    t.notMatch(error.message, /letmein|hooks\/tracker/, 'no part of the address behind the host is shown')
    t.equal(receiver.standIn.requests.length, before + 1, 'one request for one attempt')
  }
})

t.test('a receiver that cannot be reached, or breaks off, says whether a repetition is safe', async (t) => {
  const { receiver, failing } = await opened(t)
  for (const fault of ['reset', 'garbage'] as const) {
    receiver.standIn.fault(fault)
    const error = await failing()
    t.strictSame([error.verdict, error.targetDown], ['in doubt', true], fault)
    t.notMatch(error.message, /letmein|hooks\/tracker/)
  }
  await receiver.close()
  const error = await failing()
  t.strictSame([error.verdict, error.targetDown], ['retry', true])
  t.notMatch(error.message, /letmein|hooks\/tracker/)
})

t.test('an accepted delivery is accepted, however its answer ends', async (t) => {
  const { receiver, perform } = await opened(t)
  for (const fault of ['reset mid-body', 'endless body'] as const) {
    receiver.standIn.fault(fault)
    await perform(job({ key: `dlv_${fault.replaceAll(' ', '_')}` }))
  }
  t.equal(receiver.accepted.length, 2)
})

t.test('there is no asking back: the receiver knows a repetition by its id', async (t) => {
  const { session } = await opened(t)
  t.equal(session.confirm, undefined)
})

t.test('a check knocks without posting anything, and says what it cannot find out', async (t) => {
  const { receiver, check } = await opened(t)
  const { port } = receiver.standIn
  t.strictSame(await check(), [
    {
      level: 'ok',
      setting: 'url',
      message: `127.0.0.1:${port} can be reached; whether it takes web hooks shows only when one is sent, which a check never does`,
    },
    { level: 'warning', setting: 'url', message: 'http can be read by everyone on the way; use https' },
  ])
  t.strictSame(
    receiver.standIn.requests.map(({ method, path, query }) => [method, path, query.toString()]),
    [['HEAD', '/', '']],
  )
  await receiver.close()
  t.strictSame((await check())[0], {
    level: 'error',
    setting: 'url',
    message: `127.0.0.1:${port} cannot be reached (ECONNREFUSED)`,
  })
})

t.test('a check warns where nothing is signed', async (t) => {
  const { check } = await opened(t, { secret: undefined })
  t.match(
    (await check()).map(({ level, setting }) => [level, setting]),
    [
      ['ok', 'url'],
      ['warning', 'url'],
      ['warning', 'secret'],
    ],
  )
})
