import t from 'tap'
import { startCampfire } from '../../src/stand-ins/campfire.ts'
import { eventually } from '../gateway/eventually.ts'
import { rowsOf, startRelay } from '../gateway/running-relay.ts'
import { changed, PROJECT } from '../gateway/tracker-says.ts'
import { connectRaw } from './raw-connection.ts'

const SECRET = 'hook-secret-ncc1701'
const TOKEN = 'metrics-token-ncc1701'
const API_TOKEN = 'api-token-ncc1701-605b32dd'
const secrets = [SECRET, TOKEN, API_TOKEN]

t.test('no secret is in any log line, metric, answer or record, whatever is sent', async (t) => {
  const room = await startCampfire({ users: [{ id: 2, name: 'Tracker Relay', token: API_TOKEN }] })
  t.teardown(() => room.close())
  const relay = await startRelay(t, {
    server: {
      body_limit_bytes: 2048,
      metrics_token: TOKEN,
      rate_limit: { per_project_per_minute: 12 },
      request_timeout_seconds: 1,
      header_timeout_seconds: 1,
    },
    projects: [{ id: PROJECT, secret: SECRET, integrations: ['room', 'wrong', 'log'] }],
    integrations: {
      room: { type: 'campfire', base_url: room.url, api_token: API_TOKEN, room_id: 42 },
      wrong: { type: 'campfire', base_url: room.url, api_token: `${API_TOKEN}-wrong`, room_id: 42 },
      log: { type: 'log' },
    },
  })
  const hook = `/hooks/${PROJECT}/${SECRET}`
  const answers: string[] = []
  const ask = async (path: string, init: RequestInit): Promise<void> => {
    const response = await fetch(`${relay.url}${path}`, init)
    answers.push(JSON.stringify([...response.headers]), await response.text())
  }
  const raw = async (head: string, body = ''): Promise<void> => {
    const connection = await connectRaw(t, relay.port)
    connection.send(`${head}\r\n\r\n${body}`)
    answers.push(await connection.closed)
  }
  const method = 'POST'
  await ask(hook, { method, body: changed(1, { story: '109', state: 'accepted' }) })
  await ask(hook, { method, body: changed(1, { story: '109', state: 'accepted' }) })
  await ask(hook, { method, body: changed(2, { story: '109', state: 'accepted', project: '27' }) })
  await ask(hook, { method, body: 'no activity' })
  await ask(hook, { method, body: '' })
  await ask(hook, { method, body: 'x'.repeat(5000) })
  await ask(hook, { method, body: 'x', headers: { 'content-encoding': 'gzip' } })
  await ask(hook, { method, body: 'x', headers: { authorization: `Bearer ${SECRET}`, cookie: `s=${SECRET}` } })
  for (const other of ['GET', 'PUT', 'DELETE']) await ask(hook, { method: other })
  for (const path of [`${hook}x`, `${hook}/x`, `${hook}?a=b`, `/hooks/27/${SECRET}`, `/hooks/${SECRET}`, `/${SECRET}`])
    await ask(path, { method, body: 'x' })
  for (let more = 0; more < 15; more += 1) await ask(hook, { method, body: `x${more}` })
  await ask(`/metrics?token=${TOKEN}`, {})
  await ask('/metrics', { headers: { authorization: `Basic ${TOKEN}` } })
  await ask('/healthz', {})
  await ask('/readyz', {})
  await raw(`POST ${hook}%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0`)
  await raw(`POST ${hook}${'x'.repeat(300)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0`)
  await raw(`POST ${hook} HTTP/1.1\r\nhost: x\r\nno header at all`)
  await raw(`POST ${hook} HTTP/9.9\r\nhost: x`)
  await raw(`POST ${hook} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6`)
  await raw(`POST ${hook} HTTP/1.1\r\nhost: x\r\nx-padding: ${'x'.repeat(20_000)}`)
  await raw(`POST ${hook} HTTP/1.1\r\nhost: x\r\ncontent-length: 500`, 'too slow')
  await raw(`${hook} POST HTTP/1.1`)
  const broken = await connectRaw(t, relay.port)
  broken.send(`POST ${hook} HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\nbroken off`)
  broken.socket.end()
  await broken.closed

  await eventually(
    () => relay.deliveries(),
    (all) => all.length === 3 && all.every(({ state }) => state === 'delivered' || state === 'held'),
    'one integration has delivered, the other is held',
  )
  const metrics = await relay.get('/metrics', { authorization: `Bearer ${TOKEN}` })
  t.equal(metrics.status, 200)
  const records = JSON.stringify(
    await Promise.all(
      ['deliveries', 'attempts', 'rejected', 'integration_states'].map((table) => rowsOf(relay.folder, table)),
    ),
    (_key, value: unknown) =>
      typeof value === 'object' && value !== null && 'data' in value && Array.isArray(value.data)
        ? Buffer.from(value.data as number[]).toString('latin1')
        : value,
  )
  t.match(records, /rejects the credentials|401/, 'the wrong token was really sent')
  for (const secret of secrets) {
    const forms = [secret, Buffer.from(secret).toString('base64').slice(2, -4), [...Buffer.from(secret)].join(',')]
    for (const form of forms) {
      t.notOk(relay.output().includes(form), `the log holds ${form}`)
      t.notOk(metrics.text.includes(form), `the metrics hold ${form}`)
      t.notOk(answers.join('\n').includes(form), `an answer holds ${form}`)
      t.notOk(records.includes(form), `a record holds ${form}`)
    }
  }
  t.match(relay.output(), /"msg":"request"/, 'the log is not empty')
  t.ok(relay.lines('request').every((line) => !('url' in line) && !('req' in line)))
})
