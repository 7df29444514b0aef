import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type ServerOptions } from 'node:https'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'

const folder = resolve('test/http/certificates')
const read = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8')

/** An https server with one of the certificates; `served` counts the requests that got through to it. */
async function serve(t: Test, name: string, options: ServerOptions = {}) {
  const served: string[] = []
  const server = createServer(
    { cert: read(`${name}.pem`), key: read(`${name}.key`), ...options },
    (message, response) => {
      served.push(message.method ?? '')
      response.end('ok')
    },
  )
  server.on('tlsClientError', () => {})
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.teardown(async () => {
    const closed = new Promise((done) => server.close(done))
    server.closeAllConnections()
    await closed
  })
  const { port } = server.address() as AddressInfo
  return { host: `127.0.0.1:${port}`, served }
}

async function probe(hosts: readonly string[], env: Record<string, string>): Promise<unknown> {
  const program = fileURLToPath(new URL('tls-probe.js', import.meta.url))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, ...hosts.map((host) => `https://${host}/hook?s=hush`)],
    { env: { ...process.env, ...env } },
  )
  return JSON.parse(stdout)
}

const authority = { NODE_EXTRA_CA_CERTS: `${folder}/authority.pem` }

t.test('a certificate must be current, for this host, and signed by a known authority', async (t) => {
  const good = await serve(t, 'good')
  const expired = await serve(t, 'expired')
  const elsewhere = await serve(t, 'elsewhere')
  const selfSigned = await serve(t, 'self-signed')
  const old = await serve(t, 'good', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
  const hosts = [good, expired, elsewhere, selfSigned, old].map(({ host }) => host)
  t.match(await probe(hosts, authority), [
    200,
    ['no', 'tls', `no secure connection to ${expired.host}: its certificate has expired`],
    ['no', 'tls', `no secure connection to ${elsewhere.host}: its certificate is for another name`],
    [
      'no',
      'tls',
      `no secure connection to ${selfSigned.host}: its certificate is not signed by a known authority; name the file with the authority as connection.ca_file`,
    ],
    ['no', 'tls', /^no secure connection to 127\.0\.0\.1:\d+: ERR_SSL_\w*(VERSION|PROTOCOL)\w*$/],
  ])
  t.strictSame(
    [good, expired, elsewhere, selfSigned, old].map(({ served }) => served),
    [['POST'], [], [], [], []],
  )
})

t.test('no setting of the environment turns the check of certificates off', async (t) => {
  const good = await serve(t, 'good')
  t.match(await probe([good.host], { NODE_TLS_REJECT_UNAUTHORIZED: '0' }), [
    ['no', 'tls', /not signed by a known authority/],
  ])
  t.strictSame(good.served, [])
})

t.test(
  'a server that breaks off the handshake, does not speak TLS or does not know the name was sent nothing',
  async (t) => {
    const heard: Buffer[] = []
    const broken = createNetServer((socket) => {
      socket.once('data', (chunk) => {
        heard.push(chunk)
        socket.resetAndDestroy()
      })
      socket.on('error', () => {})
    })
    const plain = createNetServer((socket) => {
      socket.once('data', (chunk) => {
        heard.push(chunk)
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
      })
      socket.on('error', () => {})
    })
    // The alert that says that it serves no such name (RFC 6066, section 3).
    const unknownName = createNetServer((socket) => {
      socket.once('data', (chunk) => {
        heard.push(chunk)
        socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 112]))
      })
      socket.on('error', () => {})
    })
    const hosts: string[] = []
    for (const server of [broken, plain, unknownName]) {
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      t.teardown(() => new Promise((done) => server.close(done)))
      hosts.push(`127.0.0.1:${(server.address() as AddressInfo).port}`)
    }
    t.match(await probe(hosts, {}), [
      ['no', 'tls', /ECONNRESET/],
      ['no', 'tls', /ERR_SSL/],
      ['no', 'tls', /ERR_SSL_\w*UNRECOGNIZED_NAME/],
    ])
    t.ok(heard.length >= 3, 'all were spoken to')
    t.notOk(Buffer.concat(heard).includes('POST'), 'and none heard of the request')
  },
)
