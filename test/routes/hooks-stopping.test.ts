import t from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { lockDatabase, rowsOf, SECRET, startRelay } from '../gateway/running-relay.ts'
import { changed, PROJECT } from '../gateway/tracker-says.ts'
import { connectRaw, parts } from './raw-connection.ts'

const HOOK = `/hooks/${PROJECT}/${SECRET}`
const activity = changed(1, { story: '109', state: 'accepted' })
const whole = `POST ${HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: ${activity.length}\r\n\r\n${activity}`

t.test('a request that comes while the relay stops is answered 503 and told to come again', async (t) => {
  const relay = await startRelay(t, { server: { stop_timeout_seconds: 600 } })
  const raw = await connectRaw(t, relay.port)
  raw.send(whole.slice(0, 20))
  t.equal((await relay.get('/healthz')).status, 200)
  const stopped = relay.stop()
  raw.send(whole.slice(20))
  t.match(parts(await raw.closed), {
    status: 503,
    headers: { 'retry-after': '5', connection: 'close', 'content-type': /^application\/problem\+json/ },
    body: /urn:tracker-relay:stopping/,
  })
  await stopped
  t.strictSame(await rowsOf(relay.folder, 'activities'), [])
})

t.test(
  'what is under way when the relay stops is stored and answered, and its connection does not hold it up',
  async (t) => {
    const relay = await startRelay(t, { server: { stop_timeout_seconds: 600, keep_alive_timeout_seconds: 600 } })
    const release = await lockDatabase(relay.folder)
    const raw = await connectRaw(t, relay.port)
    raw.send(whole)
    // A later request is answered, so this one has been read.
    for (let probes = 0; probes < 5; probes += 1) t.equal((await relay.get('/healthz')).status, 200)
    const stopped = relay.stop()
    t.equal(raw.received(), '')
    await release()
    t.match(parts(await raw.closed), { status: 202, headers: { connection: 'close' } })
    await stopped
    t.equal((await rowsOf(relay.folder, 'activities')).length, 1)
  },
)

t.test('a client that trickles does not keep the relay from stopping', async (t) => {
  const relay = await startRelay(t, { server: { stop_timeout_seconds: 1, request_timeout_seconds: 300 } })
  const raw = await connectRaw(t, relay.port)
  raw.send(`POST ${HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n<`)
  const timer = setInterval(() => raw.send('<'), 20)
  t.teardown(() => clearInterval(timer))
  t.equal((await relay.get('/healthz')).status, 200)
  await relay.stop()
  await raw.closed
  await t.rejects(relay.get('/healthz'), 'nobody listens any more')
})

t.test('an idle connection is closed at once when the relay stops', async (t) => {
  const relay = await startRelay(t, { server: { stop_timeout_seconds: 600, keep_alive_timeout_seconds: 600 } })
  const raw = await connectRaw(t, relay.port)
  raw.send('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
  await eventually(raw.received, (text) => text.includes('"ok"'), 'an answer')
  await relay.stop()
  await raw.closed
})

t.test('a connection that has never said a word does not hold the end up', async (t) => {
  const relay = await startRelay(t, { server: { stop_timeout_seconds: 600, request_timeout_seconds: 300 } })
  const raw = await connectRaw(t, relay.port)
  // A later connection is answered, so this one is known.
  t.equal((await relay.get('/healthz')).status, 200)
  await relay.stop()
  t.equal(await raw.closed, '')
})
