import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { createClient } from '../../src/http/client.ts'
import { type Response, SendError } from '../../src/http/send.ts'
import { drip, pour, startRawServer } from './raw-server.ts'
import { until } from './until.ts'

const KIB = 1024
const CAP = 64 * KIB

/** Posts once to a server that answers so, and tells how it went; what it may cost is watched for every one. */
async function meet(t: Test, answer: (socket: Socket) => void, timeoutMs = 20_000): Promise<Response | SendError> {
  const server = await startRawServer(answer)
  const client = createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: [],
  })
  const before = process.memoryUsage.rss()
  const ended = await client.send({ method: 'POST', url: server.url, body: 'x' }).catch((error: unknown) => {
    if (error instanceof SendError) return error
    throw error
  })
  const grown = process.memoryUsage.rss() - before
  t.ok(grown < 64 * KIB * KIB, `memory stays bounded (grew by ${Math.round(grown / KIB)} KiB)`)
  t.equal(server.requests.length, 1, 'the request was sent once')
  if (ended instanceof SendError || ended.truncated)
    await until(() => server.connections.open === 0, 'the connection to a hostile destination is closed')
  await client.close()
  await server.close()
  return ended
}

const shape = (ended: Response | SendError): unknown =>
  ended instanceof SendError
    ? [ended.sent, ended.reason]
    : { status: ended.status, truncated: ended.truncated, body: ended.text() }

t.test('without an answer, what has happened is unknown', async (t) => {
  const cases: [string, unknown, (socket: Socket) => void, number?][] = [
    ['never answers', ['unknown', 'timeout'], () => {}, 1000],
    ['answers its headers byte by byte', ['unknown', 'timeout'], (s) => drip(s, 'HTTP/1.1 200 OK\r\nx: y'), 1000],
    ['closes before it answers', ['unknown', 'reset'], (s) => s.end()],
    ['resets before it answers', ['unknown', 'reset'], (s) => s.resetAndDestroy()],
    ['closes within the headers', ['unknown', 'reset'], (s) => s.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['answers no HTTP', ['unknown', 'protocol'], (s) => s.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['answers HTTP/0.9', ['unknown', 'protocol'], (s) => s.end('<html>hello</html>')],
    ['answers zeroes without end', ['unknown', 'protocol'], (s) => pour(s, Buffer.alloc(64 * KIB))],
    [
      'switches protocols unasked',
      ['unknown', 'protocol'],
      (s) => s.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ],
    [
      'answers 10 000 headers',
      ['unknown', 'protocol'],
      (s) => s.end(`HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(10_000)}\r\n`),
    ],
    [
      'answers one header line without end',
      ['unknown', 'protocol'],
      (s) => {
        s.write('HTTP/1.1 200 OK\r\nx-a: ')
        pour(s, Buffer.alloc(64 * KIB, 'a'))
      },
    ],
    [
      'sends interim answers without end',
      ['unknown', 'protocol'],
      (s) => pour(s, Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(100))),
    ],
    [
      'contradicts itself about the length',
      ['unknown', 'protocol'],
      (s) => s.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
    ],
    [
      'gives a length that is no number',
      ['unknown', 'protocol'],
      (s) => s.end('HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'),
    ],
  ]
  for (const [name, expected, answer, timeoutMs] of cases)
    await t.test(name, async (t) => t.strictSame(shape(await meet(t, answer, timeoutMs)), expected))
})

t.test('once the status is there, it counts, however the body ends', async (t) => {
  const chunked = 'HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n'
  const cases: [string, unknown, (socket: Socket) => void, number?][] = [
    [
      'a body byte by byte',
      { status: 200, truncated: true },
      (s) => {
        s.write('HTTP/1.1 200 OK\r\n\r\n')
        drip(s, 'drop')
      },
      1000,
    ],
    [
      'no body where one was promised',
      { status: 200, truncated: true, body: '' },
      (s) => s.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'),
      1000,
    ],
    [
      'a reset within the body',
      { status: 201, truncated: true },
      (s) => s.write('HTTP/1.1 201 Created\r\ncontent-length: 50\r\n\r\nhalf', () => s.resetAndDestroy()),
    ],
    [
      'an end before the length is reached',
      { status: 200, truncated: true, body: 'half' },
      (s) => s.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf'),
    ],
    ['an end within a chunk', { status: 500, truncated: true, body: 'half' }, (s) => s.end(`${chunked}8\r\nhalf`)],
    [
      'a chunk whose length is no number',
      { status: 500, truncated: true, body: '' },
      (s) => s.end(`${chunked}zz\r\nhalf`),
    ],
    [
      'more than the length says',
      { status: 200, truncated: false, body: 'whole' },
      (s) => s.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole and more'),
    ],
    [
      'a body after a 204',
      { status: 204, truncated: false, body: '' },
      (s) => s.end('HTTP/1.1 204 No Content\r\n\r\nhidden'),
    ],
    [
      'no length, up to the end of the connection',
      { status: 200, truncated: false, body: 'all' },
      (s) => s.end('HTTP/1.1 200 OK\r\n\r\nall'),
    ],
    [
      'interim answers before the real one',
      { status: 202, truncated: false, body: 'ok' },
      (s) =>
        s.end(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3)}HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok`),
    ],
  ]
  for (const [name, expected, answer, timeoutMs] of cases)
    await t.test(name, async (t) => t.match(shape(await meet(t, answer, timeoutMs)), expected as object))
})

t.test('a body without end is cut at the cap and the connection closed', async (t) => {
  const plain = await meet(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    pour(socket, Buffer.alloc(CAP, 'a'))
  })
  t.strictSame(shape(plain), { status: 200, truncated: true, body: 'a'.repeat(CAP) })
  const chunked = await meet(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
    pour(socket, Buffer.from('1;name=value\r\na\r\n'.repeat(1000)))
  })
  t.strictSame(shape(chunked), { status: 200, truncated: true, body: 'a'.repeat(CAP) })
})

t.test('a body of exactly the cap is whole, one byte more is not', async (t) => {
  for (const [more, truncated] of [
    [0, false],
    [1, true],
  ] as const) {
    const body = 'a'.repeat(CAP + more)
    const ended = await meet(t, (socket) =>
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
    )
    t.strictSame(shape(ended), { status: 200, truncated, body: 'a'.repeat(CAP) })
  }
})

t.test('a packed body is unpacked to the limit and no further, so that it cannot burst', async (t) => {
  const bomb = gzipSync(Buffer.alloc(32 * KIB * KIB))
  const ended = await meet(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`)
    socket.write(bomb)
  })
  if (ended instanceof SendError) throw ended
  t.strictSame(
    [ended.status, ended.truncated, ended.body.length <= CAP, ended.body.every((byte) => byte === 0)],
    [200, true, true, true],
  )
})

t.test('a connection that is closed as it is used again gives an unknown end, never a second copy', async (t) => {
  const server = await startRawServer((socket, nth) => {
    if (nth === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    else if (nth === 2) socket.destroy()
    else socket.write('HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok')
  })
  const client = createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs: 20_000,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: [],
  })
  t.teardown(() => Promise.all([client.close(), server.close()]))
  const post = (body: string): Promise<Response | SendError> =>
    client.send({ method: 'POST', url: server.url, body }).catch((error: SendError) => error)
  t.match(shape(await post('1')), { status: 200 })
  t.strictSame(shape(await post('2')), ['unknown', 'reset'])
  t.match(shape(await post('3')), { status: 201 })
  t.strictSame(
    server.requests.map((request) => request.at(-1)),
    ['1', '2', '3'],
  )
  t.equal(server.connections.made, 2, 'the second request went over the first connection')
})
