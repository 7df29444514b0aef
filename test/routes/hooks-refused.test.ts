import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { type RunningRelay, rowsOf, SECRET, startRelay } from '../gateway/running-relay.ts'
import { changed, PROJECT } from '../gateway/tracker-says.ts'
import { connectRaw, parts } from './raw-connection.ts'

const activity = changed(1, { story: '109', state: 'accepted' })
const HOOK = `/hooks/${PROJECT}/${SECRET}`

async function rejections(relay: RunningRelay): Promise<Record<string, unknown>[]> {
  return (await rowsOf(relay.folder, 'rejected')).map(({ project_id, reason, head, body, body_bytes }) => ({
    project_id,
    reason,
    head: JSON.parse(String(head)) as unknown,
    body: String(body),
    body_bytes,
  }))
}

const head = (others: object): object => ({
  method: 'POST',
  route: '/hooks/:project/:secret',
  address: '127.0.0.1',
  ...others,
})

t.test('of a list of which nothing can be taken, each activity is kept with its own reason', async (t) => {
  const relay = await startRelay(t)
  const answer = await relay.post('<activities type="array"><activity/><activity></activity></activities>')
  t.equal(answer.status, 400)
  t.match(answer.json(), {
    type: 'urn:tracker-relay:list',
    detail: /none of the 2 activities can be taken; the first: /,
  })
  t.match(await rejections(relay), [
    { reason: 'missing field', body: '<activity/>' },
    { reason: 'missing field', body: '<activity></activity>' },
  ])
})

t.test('a body that is not an activity is answered 400 with the reason, and kept with its head', async (t) => {
  const relay = await startRelay(t)
  const bodies: [body: string, reason: string, detail: RegExp][] = [
    ['hello', 'not an activity', /begins with/],
    ['<html><body>502</body></html>', 'not an activity', /<html>/],
    ['<activity><id>1</activity>', 'syntax', /./],
    ['{"kind":', 'syntax', /./],
    ['<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><activity>&x;</activity>', 'doctype', /./],
    ['<activity><id>1</id></activity>', 'missing field', /./],
    [activity.replace('2009/12/14', 'yesterday'), 'bad field', /./],
    [`<activity>${'<a>'.repeat(2000)}${'</a>'.repeat(2000)}</activity>`, 'too deep', /./],
  ]
  for (const [body, reason, detail] of bodies) {
    const answer = await relay.post(body, { 'content-type': 'text/xml', 'user-agent': 'Tracker/3' })
    t.equal(answer.status, 400, reason)
    t.match(answer.headers.get('content-type'), 'application/problem+json')
    t.match(answer.json(), {
      type: `urn:tracker-relay:${reason.replaceAll(' ', '-')}`,
      title: 'Not an activity that can be taken',
      status: 400,
      detail,
    })
  }
  t.strictSame(
    await rejections(relay),
    bodies.map(([body, reason]) => ({
      project_id: PROJECT,
      reason,
      head: head({ 'content-type': 'text/xml', 'content-length': String(body.length), 'user-agent': 'Tracker/3' }),
      body,
      body_bytes: body.length,
    })),
  )
  t.strictSame(await rowsOf(relay.folder, 'activities'), [])
})

t.test('an empty body is refused, whether its length is told or not', async (t) => {
  const relay = await startRelay(t)
  t.match((await relay.post('')).json(), { type: 'urn:tracker-relay:empty', status: 400 })
  t.match((await relay.post('', {})).json(), { type: 'urn:tracker-relay:empty', status: 400 })
  t.match((await relay.post(' \r\n\t')).json(), { type: 'urn:tracker-relay:empty', status: 400 })
  const raw = await connectRaw(t, relay.port)
  raw.send(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n`)
  t.match(parts(await raw.closed), { status: 400, body: /urn:tracker-relay:empty/ })
  t.strictSame(
    (await rejections(relay)).map(({ reason }) => reason),
    ['empty', 'empty', 'empty', 'empty'],
  )
})

t.test('a compressed body is answered 415 and never unpacked, a bomb neither; its bytes are kept', async (t) => {
  const relay = await startRelay(t)
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20))
  const before = process.memoryUsage().arrayBuffers
  const bodies: [encoding: string, body: Buffer][] = [
    ['gzip', gzipSync(activity)],
    ['deflate', deflateSync(activity)],
    ['br', brotliCompressSync(activity)],
    ['GZIP', gzipSync(activity)],
    ['gzip, gzip', gzipSync(gzipSync(activity))],
    ['identity, gzip', gzipSync(activity)],
    ['gzip', bomb],
  ]
  for (const [encoding, body] of bodies) {
    const answer = await relay.post(body, { 'content-encoding': encoding })
    t.equal(answer.status, 415, encoding)
    t.match(answer.json(), { type: 'urn:tracker-relay:content-encoding', detail: /send it uncompressed/ })
  }
  t.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024, 'nothing was unpacked')
  const rows = await rowsOf(relay.folder, 'rejected')
  t.strictSame(
    rows.map(({ reason, body, body_bytes }) => ({ reason, body, body_bytes })),
    bodies.map(([, body]) => ({
      reason: 'content encoding',
      body,
      body_bytes: body.length,
    })),
  )
  t.equal((await relay.post(activity, { 'content-encoding': 'Identity' })).status, 202)
})

t.test('a body one byte over the limit is answered 413 and its beginning is kept; one byte less is read', async (t) => {
  const relay = await startRelay(t, { server: { body_limit_bytes: 70_000 } })
  const padded = (length: number): string => activity + ' '.repeat(length - activity.length)
  const over = padded(70_001)
  const answer = await relay.post(over)
  t.equal(answer.status, 413)
  t.match(answer.json(), {
    type: 'urn:tracker-relay:too-large',
    detail: 'the body is over the limit of 70000 bytes (server.body_limit_bytes)',
  })
  t.equal((await relay.post(padded(70_000))).status, 202)
  const [row] = await rejections(relay)
  t.match(row, { reason: 'too large', body_bytes: 70_001, head: { 'content-length': '70001' } })
  t.equal(row?.body, over.slice(0, 70_000))
})

t.test('a client that sends far too much still gets the answer, and may use the same connection again', async (t) => {
  const relay = await startRelay(t, { server: { body_limit_bytes: 1024 } })
  const raw = await connectRaw(t, relay.port)
  const length = 8 * 1024 * 1024
  raw.send(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`)
  raw.send(activity.padEnd(length, ' '))
  raw.send(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: ${activity.length}\r\nconnection: close\r\n\r\n`)
  raw.send(activity)
  const received = await raw.closed
  t.strictSame(received.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 413', 'HTTP/1.1 202'])
})

t.test('a chunked body without end is answered 413 at once, and cut off when its time is over', async (t) => {
  const relay = await startRelay(t, {
    server: { body_limit_bytes: 1024, request_timeout_seconds: 1, header_timeout_seconds: 1 },
  })
  const raw = await connectRaw(t, relay.port)
  raw.send(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`)
  const timer = setInterval(() => raw.send(`400\r\n${'x'.repeat(1024)}\r\n`), 5)
  t.teardown(() => clearInterval(timer))
  await eventually(raw.received, (text) => text.includes('urn:tracker-relay:too-large'), 'an answer')
  t.match(parts(raw.received()), { status: 413, headers: { 'content-type': /^application\/problem\+json/ } })
  await raw.closed
  const [row, ...others] = await rejections(relay)
  t.match(row, { reason: 'too large', body: 'x'.repeat(1024), head: { 'transfer-encoding': 'chunked' } })
  t.strictSame(others, [])
})

t.test('chunks with endless extensions are refused before they are all read', async (t) => {
  const relay = await startRelay(t)
  const raw = await connectRaw(t, relay.port)
  raw.send(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`)
  const flood = `1;${'x=y;'.repeat(16_000)}`
  for (let sent = 0; sent < 16; sent += 1) raw.send(flood)
  t.match(parts(await raw.closed), { status: /^4\d\d$/, headers: { 'content-type': 'application/problem+json' } })
  t.strictSame(await rowsOf(relay.folder, 'activities'), [])
  t.equal((await relay.post(activity)).status, 202)
})

t.test('a body that is shorter than announced is kept as incomplete and not stored as an activity', async (t) => {
  const relay = await startRelay(t)
  const raw = await connectRaw(t, relay.port)
  raw.send(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: ${activity.length + 1}\r\n\r\n${activity}`)
  await eventually(
    () => relay.get('/healthz'),
    ({ status }) => status === 200,
    'the relay has read',
  )
  raw.socket.end()
  const [row] = await eventually(
    () => rejections(relay),
    ({ length }) => length === 1,
    'it is kept among the rejected',
  )
  t.match(row, { reason: 'incomplete', body: activity, body_bytes: activity.length })
  t.strictSame(await rowsOf(relay.folder, 'activities'), [])
  t.equal((await relay.metrics()).get('relay_activities_rejected_total{reason="incomplete"}'), 1)
})

t.test('two lengths, or a length and chunks, do not become two requests', async (t) => {
  const relay = await startRelay(t)
  const heads = [
    'content-length: 10\r\ncontent-length: 500',
    'content-length: 10\r\ntransfer-encoding: chunked',
    'transfer-encoding: chunked, identity',
    'content-length: -1',
    'content-length: 0x10',
  ]
  for (const lines of heads) {
    const raw = await connectRaw(t, relay.port)
    raw.send(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\n${lines}\r\n\r\n${activity}`)
    t.match(parts(await raw.closed), { status: 400, headers: { 'content-type': 'application/problem+json' } }, lines)
  }
  t.strictSame(await rowsOf(relay.folder, 'activities'), [])
})

t.test('bytes that are not HTTP, and endless headers, are answered with what is wrong', async (t) => {
  const relay = await startRelay(t)
  const noise = await connectRaw(t, relay.port)
  noise.send('\u0016\u0003\u0001\u0000 hello\r\n\r\n')
  t.match(parts(await noise.closed), { status: 400, body: /this is not an HTTP request/ })
  const long = await connectRaw(t, relay.port)
  long.send(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\nx-padding: ${'x'.repeat(20_000)}\r\n\r\n`)
  t.match(parts(await long.closed), { status: 431, body: /urn:tracker-relay:headers-too-large/ })
})

t.test('an address that cannot be decoded, or is endless, is not found', async (t) => {
  const relay = await startRelay(t)
  for (const path of [`/hooks/${PROJECT}/%zz`, `/hooks/${PROJECT}/${'s'.repeat(5000)}`, '/hooks/%ff%fe/x']) {
    const raw = await connectRaw(t, relay.port)
    raw.send(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
    t.match(parts(await raw.closed), { status: 404, body: /urn:tracker-relay:not-found/ }, path.slice(0, 40))
  }
})
