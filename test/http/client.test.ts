import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { type ClientOptions, createClient } from '../../src/http/client.ts'
import { type Request, SendError } from '../../src/http/send.ts'
import { startStandIn } from '../../src/stand-ins/stand-in.ts'
import { startRawServer } from './raw-server.ts'
import { until } from './until.ts'

function open(options: Partial<ClientOptions> = {}) {
  return createClient({
    userAgent: 'tracker-relay/1.2.3',
    timeoutMs: 5000,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: [],
    ...options,
  })
}

const failure = async (sending: Promise<unknown>): Promise<SendError> => {
  const error = await sending.then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  )
  if (error instanceof SendError) return error
  throw error
}

t.test('a request arrives as it was given, with our own name and no packed answer asked for', async (t) => {
  const target = await startStandIn(() => ({
    status: 200,
    headers: { 'x-one': '1', 'set-cookie': ['a=1', 'b=2'] },
    body: '{"a":[1]}',
  }))
  const client = open()
  t.teardown(() => Promise.all([client.close(), target.close()]))
  const body = Buffer.from([0, 1, 0xff, 0xc3, 0xa4])
  const response = await client.send({
    method: 'PUT',
    url: `${target.url}/a%20b/ä?x=1&y=%C3%A4#not-sent`,
    headers: { 'Content-Type': 'application/x-test', 'Accept-Encoding': 'gzip' },
    body,
  })
  const [request] = target.requests
  t.strictSame(
    {
      method: request?.method,
      path: request?.path,
      query: request?.query.toString(),
      headers: request?.headers,
      body: request?.body,
    },
    {
      method: 'PUT',
      path: '/a%20b/%C3%A4',
      query: 'x=1&y=%C3%A4',
      headers: {
        host: `127.0.0.1:${target.port}`,
        connection: 'keep-alive',
        'content-type': 'application/x-test',
        'content-length': '5',
        'user-agent': 'tracker-relay/1.2.3',
        'accept-encoding': 'identity',
      },
      body,
    },
  )
  t.strictSame(
    [response.status, response.truncated, response.text(), response.json()],
    [200, false, '{"a":[1]}', { a: [1] }],
  )
  t.equal(response.headers['x-one'], '1')
  t.equal(response.headers['set-cookie'], 'a=1\nb=2')
})

t.test('an answer is returned whatever its status', async (t) => {
  const target = await startStandIn(({ path }) => ({ status: Number(path.slice(1)), body: 'said' }))
  const client = open()
  t.teardown(() => Promise.all([client.close(), target.close()]))
  for (const status of [200, 201, 400, 401, 404, 410, 413, 429, 500, 503]) {
    const response = await client.send({ method: 'POST', url: `${target.url}/${status}`, body: 'x' })
    t.strictSame([response.status, response.text()], [status, 'said'])
  }
})

t.test('a redirect is returned and never followed, wherever it points', async (t) => {
  const elsewhere = await startStandIn(() => ({ status: 200, body: 'inner' }))
  const target = await startStandIn(({ path }) => ({
    status: Number(path.slice(1)),
    headers: { location: `${elsewhere.url}/latest/meta-data` },
  }))
  const client = open()
  t.teardown(() => Promise.all([client.close(), target.close(), elsewhere.close()]))
  for (const status of [301, 302, 303, 307, 308])
    for (const method of ['GET', 'POST'] as const) {
      const response = await client.send({ method, url: `${target.url}/${status}` })
      t.strictSame([response.status, response.headers.location], [status, `${elsewhere.url}/latest/meta-data`])
    }
  t.strictSame(elsewhere.requests, [])
})

t.test('connections are used again', async (t) => {
  const ports = new Set<number | undefined>()
  const server = createServer((message, response) => {
    ports.add(message.socket.remotePort)
    response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = open()
  t.teardown(async () => {
    await client.close()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  for (let i = 0; i < 10; i += 1) await client.send({ method: 'POST', url: `http://127.0.0.1:${port}/`, body: 'x' })
  // Two, since the dispatcher looks at an idle connection once more before it takes it.
  t.ok(ports.size <= 2, `10 requests over ${ports.size} connections`)
})

t.test('what can never be sent is an invalid request, and its message repeats no secret', async (t) => {
  const target = await startStandIn(() => ({ status: 200 }))
  const client = open()
  t.teardown(() => Promise.all([client.close(), target.close()]))
  const post = (parts: Partial<Request>): Promise<unknown> =>
    client.send({ method: 'POST', url: `${target.url}/?s=hush-hush`, ...parts })
  const cases: [string, Partial<Request>, string][] = [
    ['no URL', { url: 'hush-hush' }, 'the address to send to is not a URL'],
    ['another scheme', { url: 'gopher://hush-hush/' }, 'the address to send to must be http or https, not gopher:'],
    ['a file', { url: 'file:///etc/hush-hush' }, 'the address to send to must be http or https, not file:'],
    ['a dictionary', { url: 'dict://hush-hush:2628/d' }, 'the address to send to must be http or https, not dict:'],
    ['an FTP server', { url: 'ftp://hush-hush/' }, 'the address to send to must be http or https, not ftp:'],
    ['an archive', { url: 'jar:http://hush-hush!/' }, 'the address to send to must be http or https, not jar:'],
    [
      'a login in the address',
      { url: 'http://hush:hush-hush@example.com/' },
      'the address of example.com holds a user name or password, which belong in settings of their own',
    ],
    ['a zone in the address', { url: 'http://[fe80::1%25eth0]/' }, 'the address to send to is not a URL'],
    [
      'a line break in a header',
      { headers: { 'x-token': 'hush-hush\r\nhost: evil' } },
      'the header "x-token" has a character that is not allowed in headers',
    ],
    [
      'a character beyond Latin-1 in a header',
      { headers: { 'x-token': 'hush-hush ✓' } },
      'the header "x-token" has a character that is not allowed in headers',
    ],
    ['a broken header name', { headers: { 'x y': 'hush-hush' } }, 'the header "x y" cannot be set'],
    ['another host', { headers: { Host: 'hush-hush' } }, 'the header "host" cannot be set'],
    [
      'a length of its own',
      { headers: { 'Content-Length': '3' }, body: 'x' },
      'the header "content-length" cannot be set',
    ],
    [
      'a coding of its own',
      { headers: { 'transfer-encoding': 'chunked' } },
      'the header "transfer-encoding" cannot be set',
    ],
  ]
  for (const [name, parts, message] of cases) {
    const error = await failure(post(parts))
    t.strictSame([error.sent, error.reason, error.message], ['no', 'invalid request', message], name)
  }
  t.strictSame(target.requests, [])
})

t.test('nothing was sent when no connection came about', async (t) => {
  const closed = await startStandIn(() => ({ status: 200 }))
  await closed.close()
  const nowhere = Object.assign(new Error('getaddrinfo ENOTFOUND gone.example'), { code: 'ENOTFOUND' })
  const client = open({ resolve: () => Promise.reject(nowhere) })
  t.teardown(() => client.close())
  const refused = await failure(client.send({ method: 'POST', url: `${closed.url}/secret`, body: 'x' }))
  t.strictSame(
    [refused.sent, refused.reason, refused.message],
    ['no', 'refused', `127.0.0.1:${closed.port} cannot be reached (ECONNREFUSED)`],
  )
  const unknown = await failure(client.send({ method: 'POST', url: 'http://gone.example/secret', body: 'x' }))
  t.strictSame(
    [unknown.sent, unknown.reason, unknown.message],
    ['no', 'dns', 'the name of gone.example cannot be resolved (ENOTFOUND)'],
  )
})

t.test('a resolver that never answers counts as no connection in time', async (t) => {
  const client = open({ timeoutMs: 100, resolve: () => new Promise(() => {}) })
  t.teardown(() => client.close())
  const error = await failure(client.send({ method: 'POST', url: 'http://slow.example/', body: 'x' }))
  t.strictSame(
    [error.sent, error.reason, error.message],
    ['no', 'timeout', 'no connection to slow.example within 0.1 s'],
  )
})

t.test('a connection that comes about after the deadline carries nothing', async (t) => {
  const target = await startRawServer((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'))
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let lookups = 0
  const client = open({
    resolve: async () => {
      lookups += 1
      if (lookups === 1) await gate
      return [{ address: '127.0.0.1', family: 4 }]
    },
  })
  t.teardown(() => Promise.all([client.close(), target.close()]))
  const url = `http://slow.example:${target.port}`
  const error = await failure(client.send({ method: 'POST', url: `${url}/late`, body: 'x', timeoutMs: 50 }))
  t.strictSame([error.sent, error.reason], ['no', 'timeout'])
  release()
  t.equal((await client.send({ method: 'POST', url: `${url}/next`, body: 'x' })).status, 204)
  const { connections, requests } = target
  await until(() => connections.made === 2 && connections.open === 1, 'the late connection is closed')
  t.strictSame(
    requests.map((request) => request.split(' ')[1]),
    ['/next'],
  )
})

t.test('a client that is closed ends what is under way and sends nothing any more', async (t) => {
  const target = await startStandIn(() => ({ status: 200 }))
  t.teardown(() => target.close())
  const client = open()
  await client.close()
  const error = await failure(client.send({ method: 'POST', url: `${target.url}/`, body: 'x' }))
  t.strictSame([error.sent, error.reason], ['no', 'refused'])
  t.strictSame(target.requests, [])
})
