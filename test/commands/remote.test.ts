import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { freshFolder } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { administeredRelay, OPERATOR, READER } from '../routes/api/administered.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('a token that the relay does not know, or that may only read, is named by where it comes from', async (t) => {
  const relay = await administeredRelay(t)
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    tracker([...args, '--url', relay.url], { env })
  t.match(await run(['integrations'], { RELAY_ADMIN_TOKEN: OPERATOR }), { code: 0, stdout: /^log +log +running/m })
  t.match(await run(['integrations'], { RELAY_ADMIN_TOKEN: READER }), { code: 0, stderr: '' })
  const unknown = 'a-token-that-nobody-knows'
  const refused = await run(['integrations'], { RELAY_ADMIN_TOKEN: unknown })
  t.match(refused, {
    code: 1,
    stdout: '',
    stderr: /^http:\S+ does not know the token from the variable RELAY_ADMIN_TOKEN; use one of admin\.tokens, /,
  })
  t.notMatch(refused.stderr, unknown)
  t.match(await run(['integrations', '--token', unknown]), { code: 1, stderr: /the token from --token; / })
  t.match(await run(['pause', 'log'], { RELAY_ADMIN_TOKEN: READER }), {
    code: 1,
    stderr:
      'the token "chekov" has the role read; this needs a token with the role operate (it is from the variable RELAY_ADMIN_TOKEN)\n',
  })
  t.match(await run(['integrations']), { code: 2, stderr: /^a relay wants a token: set RELAY_ADMIN_TOKEN, or / })
  t.match(await run(['integrations', '--token', 'a b']), { code: 2, stderr: /^the token of --token is empty, or has/ })
  const missing = join(relay.folder, 'no-token')
  t.match(await run(['integrations', '--token-file', missing]), {
    code: 1,
    stderr: /^the token cannot be read from .*no-token: ENOENT/,
  })
  t.match(await run(['integrations', '--token-file', missing, '--token', 'x']), { code: 2, stderr: /^give either/ })
  t.match((await relay.api('/audit')).json(), { items: [] })
})

t.test('an address that is not of a relay is told with what to do', async (t) => {
  const env = { RELAY_ADMIN_TOKEN: OPERATOR }
  const answers: Record<string, [status: number, headers: Record<string, string>, body: string]> = {
    '/moved/api/v1/audit?limit=50': [301, { location: 'https://relay.example.com/' }, ''],
    '/page/api/v1/audit?limit=50': [200, {}, '<html></html>'],
  }
  const server = createServer((request, response) => {
    const [status, headers, body] = answers[request.url ?? ''] ?? [404, {}, '{"type":"urn:tracker-relay:not-found"}']
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const at = (path: string) => tracker(['audit', '--url', `127.0.0.1:${port}${path}`], { env })
  const origin = `http://127.0.0.1:${port}`
  t.match(await at('/moved/'), {
    code: 1,
    stderr: `${origin} answered 301 and leads to https://relay.example.com/; give the address it leads to with --url\n`,
  })
  t.match(await at('/page'), { code: 1, stderr: `${origin} answered 200, and not as the admin API of a relay; if ` })
  t.match(await at('/hooks-only'), {
    code: 1,
    stderr: `${origin} answered 404, and not as the admin API of a relay; if `,
  })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  t.match(await at(''), {
    code: 1,
    stdout: '',
    stderr: `no relay answers at ${origin} (connect ECONNREFUSED 127.0.0.1:${port}); start it, or mend the address of --url\n`,
  })
  const wrong = (url: string) => tracker(['audit', '--url', url], { env })
  t.match(await wrong('ftp://x'), {
    code: 2,
    stderr: '--url must be the http or https address of a relay, or unix:/path of its socket, not "ftp://x"\n',
  })
  t.match(await wrong('http://me:pass@x'), { code: 2, stderr: /^--url takes no login; give the token with / })
})

t.test('a relay is reached by its unix socket too', async (t) => {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    asked.push([request.url, request.headers.host, request.headers.authorization])
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[],"next":null}')
  })
  const socket = join(freshFolder(t), 'relay.sock')
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  const env = { RELAY_ADMIN_TOKEN: OPERATOR }
  const run = () => tracker(['audit', '--url', `unix:${socket}`], { env })
  t.match(await run(), { code: 0, stderr: 'nothing found\n' })
  t.strictSame(asked, [['/api/v1/audit?limit=50', 'localhost', `Bearer ${OPERATOR}`]])
  await new Promise((resolve) => server.close(resolve))
  t.match(await run(), { code: 1, stderr: /^no relay answers at .*relay\.sock \(connect E/ })
})

t.test('the address may have the path of the API, or the base path of the relay', async (t) => {
  const relay = await administeredRelay(t, { server: { base_path: '/relay' } })
  await relay.post(changed(1, { story: '1', state: 'accepted' }))
  await relay.allSettled(1)
  const env = { RELAY_ADMIN_TOKEN: OPERATOR }
  for (const url of [`${relay.url}/relay`, `${relay.url}/relay/`, `${relay.url}/relay/api/v1`]) {
    const { code, stdout, stderr } = await tracker(['deliveries', '--json', '--url', url], { env })
    t.equal(code, 0, stderr)
    t.match(JSON.parse(stdout), { id: 1, state: 'delivered' })
  }
})

t.test('a long list is paged through, and cut where it is asked to', async (t) => {
  const relay = await administeredRelay(t)
  for (let number = 1; number <= 230; number += 1)
    await relay.post(changed(number, { story: String(number), state: 'accepted' }))
  await relay.allSettled(230)
  const env = { RELAY_ADMIN_TOKEN: OPERATOR }
  const ids = async (...args: string[]): Promise<number[]> => {
    const { stdout } = await tracker(['deliveries', '--json', '--url', relay.url, ...args], { env })
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: number }).id)
  }
  const newestFirst = Array.from({ length: 230 }, (_, index) => 230 - index)
  t.strictSame(await ids('--all'), newestFirst)
  t.strictSame(await ids(), newestFirst.slice(0, 50))
  t.strictSame(await ids('-n', '210'), newestFirst.slice(0, 210))
})
