import { readFileSync } from 'node:fs'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import t, { type Test } from 'tap'
import { type ClientOptions, createClient } from '../../src/http/client.ts'
import { SendError } from '../../src/http/send.ts'
import { proxyOfEnvironment } from '../../src/http/way.ts'

const read = (file: string): string => readFileSync(resolve('test/http/certificates', file), 'utf8')

async function listen(t: Test, server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.teardown(async () => {
    const closed = new Promise((done) => server.close(done))
    server.closeAllConnections()
    await closed
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A target over http or https; `seen` has the headers of each request. */
async function target(t: Test, tls: ServerOptions | null = null) {
  const seen: IncomingMessage['headers'][] = []
  const answer: RequestListener = (message, response) => {
    seen.push(message.headers)
    response.end('ok')
  }
  const server = tls === null ? createServer(answer) : createHttpsServer(tls, answer)
  server.on('tlsClientError', () => {})
  return { host: await listen(t, server), seen }
}

const PROXY_LOGIN = `Basic ${Buffer.from('relay:hush').toString('base64')}`

/** An HTTP proxy as squid is one: tunnels for https, whole addresses for http, and a login. */
async function proxy(t: Test, { login = null as string | null } = {}) {
  const asked: string[] = []
  const tunnels: Duplex[] = []
  const isWelcome = ({ headers }: IncomingMessage): boolean =>
    login === null || headers['proxy-authorization'] === login
  const server = createServer((message, response) => {
    asked.push(`${message.method} ${message.url}`)
    if (!isWelcome(message)) return response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end()
    const { 'proxy-authorization': _, ...headers } = message.headers
    const onwards = httpRequest(message.url ?? '', { method: message.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onwards.on('error', () => response.writeHead(502).end())
    return message.pipe(onwards)
  })
  t.teardown(() => {
    for (const tunnel of tunnels) tunnel.destroy()
  })
  server.on('connect', (message: IncomingMessage, socket) => {
    tunnels.push(socket)
    asked.push(`CONNECT ${message.url}`)
    socket.on('error', () => {})
    if (!isWelcome(message)) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const [host = '', port] = (message.url ?? '').split(':')
    const onwards = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onwards.pipe(socket)
      socket.pipe(onwards)
    })
    onwards.on('error', () => socket.destroy())
    tunnels.push(onwards)
  })
  const host = await listen(t, server)
  return { host, asked }
}

function ask(t: Test, url: string, options: Partial<ClientOptions> = {}, headers = {}): Promise<unknown> {
  const client = createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs: 30_000,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: [],
    ...options,
  })
  t.teardown(() => client.close())
  return client.send({ method: 'POST', url, body: 'x', headers }).then(
    ({ status }) => status,
    (error: unknown) => (error instanceof SendError ? [error.sent, error.reason, error.message] : String(error)),
  )
}

const CA = read('authority.pem')
const GOOD = { cert: read('good.pem'), key: read('good.key') }

t.test('a private authority is trusted if it is named, beside the public ones', async (t) => {
  const { host } = await target(t, GOOD)
  t.equal(await ask(t, `https://${host}/hook`, { ca: CA }), 200)
  t.strictSame(await ask(t, `https://${host}/hook`), [
    'no',
    'tls',
    `no secure connection to ${host}: its certificate is not signed by a known authority; name the file with the authority as connection.ca_file`,
  ])
})

t.test('a server that wants a client certificate gets ours, and is told apart without one', async (t) => {
  const by = await proxy(t)
  const ways = { directly: {}, 'by a proxy': { proxy: { http: null, https: `http://${by.host}`, except: '' } } }
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const [name, way] of Object.entries(ways)) {
      const wanted = { requestCert: true, rejectUnauthorized: true, maxVersion }
      const { host, seen } = await target(t, { ...GOOD, ca: CA, ...wanted })
      const ours = { clientCertificate: GOOD.cert, clientKey: GOOD.key }
      t.equal(await ask(t, `https://${host}/hook`, { ca: CA, ...way, ...ours }), 200)
      const refused = await ask(t, `https://${host}/hook`, { ca: CA, ...way })
      t.match(refused, ['no', 'tls', /it wants a client certificate/], `${maxVersion}, ${name}`)
      t.equal(seen.length, 1)
    }
})

t.test('a server behind nginx, which asks for the certificate in a page, is told apart too', async (t) => {
  const refusing = async (title: string): Promise<string> => {
    const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>`
    const server = createHttpsServer(GOOD, (_, response) => response.writeHead(400).end(page))
    return `https://${await listen(t, server)}/hook`
  }
  for (const title of ['400 No required SSL certificate was sent', '400 The SSL certificate error'])
    t.match(await ask(t, await refusing(title), { ca: CA }), ['no', 'tls', /it wants a client certificate/], title)
  t.equal(await ask(t, await refusing('400 Bad Request'), { ca: CA }), 400)
})

t.test('requests go through a proxy: tunnels for https, whole addresses for http', async (t) => {
  const [plain, secure, by] = [await target(t), await target(t, GOOD), await proxy(t, { login: PROXY_LOGIN })]
  const url = `http://relay:hush@${by.host}`
  const options = { ca: CA, proxy: { http: url, https: url, except: '' } }
  t.equal(await ask(t, `http://${plain.host}/hook?x=1`, options), 200)
  t.equal(await ask(t, `https://${secure.host}/hook`, options), 200)
  t.strictSame(by.asked, [`POST http://${plain.host}/hook?x=1`, `CONNECT ${secure.host}`])
  t.equal(plain.seen[0]?.['proxy-authorization'], undefined, 'the login is for the proxy alone')
})

t.test('a proxy that does not accept the login is named, and nothing reaches the target', async (t) => {
  const [plain, secure, by] = [await target(t), await target(t, GOOD), await proxy(t, { login: PROXY_LOGIN })]
  const url = `http://relay:wrong@${by.host}`
  const options = { ca: CA, proxy: { http: url, https: url, except: '' } }
  for (const address of [`http://${plain.host}/hook`, `https://${secure.host}/hook`])
    t.match(
      await ask(t, address, options),
      ['no', 'refused', /the proxy refused .*\(407\).*connection\.proxy/],
      address,
    )
  t.strictSame([plain.seen, secure.seen], [[], []])
})

t.test('exceptions are reached directly', async (t) => {
  const [plain, by] = [await target(t), await proxy(t)]
  const url = `http://${by.host}`
  t.equal(await ask(t, `http://${plain.host}/hook`, { proxy: { http: url, https: url, except: '127.0.0.1' } }), 200)
  t.strictSame(by.asked, [])
})

t.test('a proxy is no way round the address guard', async (t) => {
  const [plain, by] = [await target(t), await proxy(t)]
  const url = `http://${by.host}`
  const options = {
    blockPrivateAddresses: true,
    proxy: { http: url, https: url, except: '' },
    resolve: async (name: string) => {
      if (name === 'inside.example.com') return [{ address: '10.0.0.7', family: 4 }]
      throw Object.assign(new Error('not known'), { code: 'ENOTFOUND' })
    },
  }
  t.match(await ask(t, `http://${plain.host}/hook`, options), ['no', 'blocked address', /private/])
  t.match(await ask(t, 'http://inside.example.com/hook', options), ['no', 'blocked address', /10\.0\.0\.7/])
  t.strictSame(by.asked, [])
  await ask(t, 'http://only-the-proxy-knows.invalid/hook', options)
  t.strictSame(by.asked, ['POST http://only-the-proxy-knows.invalid/hook'], 'what is not known here is for the proxy')
})

t.test('extra headers go with each request, and give way to those of the connector', async (t) => {
  const { host, seen } = await target(t)
  const headers = { 'CF-Access-Client-Id': 'one', Authorization: 'Basic gateway' }
  await ask(t, `http://${host}/hook`, { headers })
  await ask(t, `http://${host}/hook`, { headers }, { authorization: 'Bearer own' })
  t.match(seen, [
    { 'cf-access-client-id': 'one', authorization: 'Basic gateway' },
    { 'cf-access-client-id': 'one', authorization: 'Bearer own' },
  ])
})

t.test('the environment names proxies as for curl, and never one for this machine', async (t) => {
  const cases: [Record<string, string>, ReturnType<typeof proxyOfEnvironment>][] = [
    [{}, null],
    [{ NO_PROXY: '*' }, null],
    [{ HTTPS_PROXY: '' }, null],
    [
      { HTTPS_PROXY: 'http://s', HTTP_PROXY: 'http://p', NO_PROXY: '.example.com' },
      { http: 'http://p', https: 'http://s', except: '.example.com,localhost,127.0.0.1,[::1]' },
    ],
    [
      { https_proxy: 'http://lower', HTTPS_PROXY: 'http://upper' },
      { http: null, https: 'http://lower', except: ',localhost,127.0.0.1,[::1]' },
    ],
    [
      { HTTP_PROXY: 'http://p', NO_PROXY: '*' },
      { http: 'http://p', https: null, except: '*' },
    ],
  ]
  for (const [env, expected] of cases) t.strictSame(proxyOfEnvironment(env), expected, JSON.stringify(env))
})
