import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import { openDatabase } from '../../src/store/database.ts'
import { eventually } from '../gateway/eventually.ts'
import { type Answer, ask, type RelaySetup, type RunningRelay, startRelay } from '../gateway/running-relay.ts'
import { createGate, createShelf, type Shelf, tickets } from '../imports/shelf.ts'
import { problemsOf } from '../imports/xmllint.ts'
import { connectRaw } from './raw-connection.ts'

// A relay for each test takes its time on a machine that is busy with other things.
t.setTimeout(300_000)

const KEY = 'import-secret-ncc1701'
const OLD_KEY = 'older-secret-ncc1701'
const LOGIN = { username: 'tracker', password: 'töp:secret-ncc1701' }

interface Room {
  readonly shelf: Shelf
  readonly relay: RunningRelay
  setup(settings: object, own?: object): RelaySetup
  get(path: string, headers?: Record<string, string>): Promise<Answer>
}

/** A relay with one shelf, whose tickets are shown with these settings. */
async function openRoom(
  t: Parameters<typeof startRelay>[0],
  settings: object,
  more: Partial<RelaySetup> = {},
): Promise<Room> {
  const shelf = createShelf()
  const setup = (own: object, ofShelf: object = {}): RelaySetup => ({
    connectors: [shelf.connector],
    integrations: { shelf: { type: 'shelf', row: 'top', import: own, ...ofShelf } },
    ...more,
  })
  const relay = await startRelay(t, setup(settings))
  return { shelf, relay, setup, get: relay.get }
}

function basic(username: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}

function story(externalId: string): string {
  return `  <external_story>
    <external_id>${externalId}</external_id>
    <name>${externalId.replace('ENT-', 'Ticket ')}</name>
    <description>Beam it up.</description>
    <requested_by>James Kirk</requested_by>
    <created_at type="datetime">2008/12/10 00:00:00 UTC</created_at>
    <story_type>bug</story_type>
  </external_story>
`
}

function feedOf(...ids: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<external_stories type="array">
${ids.map(story).join('')}</external_stories>
`
}

function headersOf(answer: Answer, ...names: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(names.map((name) => [name, answer.headers.get(name)]))
}

t.test('the tickets are shown as Tracker reads them, and to programs as JSON', async (t) => {
  const { shelf, get } = await openRoom(t, { public: true })
  shelf.show([tickets(1), tickets(2)])
  const xml = await get('/imports/shelf.xml')
  t.equal(xml.status, 200)
  t.equal(xml.text, feedOf('ENT-1', 'ENT-2'))
  t.strictSame(headersOf(xml, 'content-type', 'cache-control', 'x-content-type-options', 'warning'), {
    'content-type': 'application/xml; charset=utf-8',
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
    warning: null,
  })
  t.strictSame(await problemsOf(xml.text), [])
  const json = await get('/imports/shelf.json')
  t.equal(json.headers.get('content-type'), 'application/json; charset=utf-8')
  t.strictSame(
    json.json() as unknown,
    ['1', '2'].map((number) => ({
      external_id: `ENT-${number}`,
      name: `Ticket ${number}`,
      description: 'Beam it up.',
      requested_by: 'James Kirk',
      created_at: '2008/12/10 00:00:00 UTC',
      story_type: 'bug',
    })),
  )
  t.equal(shelf.reads, 1)
  t.equal((await get('/imports/shelf')).status, 404)
  t.equal((await get('/imports/shelf.csv')).status, 404)
})

t.test('a login is asked for, and only the right one is let in', async (t) => {
  const { get, shelf } = await openRoom(t, LOGIN)
  shelf.show([tickets(1)])
  const asked = await get('/imports/shelf.xml')
  t.equal(asked.status, 401)
  t.strictSame(headersOf(asked, 'www-authenticate', 'content-type'), {
    'www-authenticate': 'Basic realm="shelf", charset="UTF-8"',
    'content-type': 'application/problem+json; charset=utf-8',
  })
  t.match(asked.json(), { type: 'urn:tracker-relay:unauthorized', status: 401, detail: /import\.username/ })
  for (const wrong of [
    basic('tracker', 'wrong'),
    basic('Tracker', LOGIN.password),
    basic('tracker', `${LOGIN.password} `),
    basic('', ''),
    { authorization: `Bearer ${LOGIN.password}` },
    { authorization: 'Basic' },
    { authorization: 'Basic ???' },
    { authorization: '' },
  ])
    t.equal((await get('/imports/shelf.xml', wrong)).status, 401, JSON.stringify(wrong))
  t.equal(shelf.reads, 0, 'the source is not asked for a stranger')
  const right = basic(LOGIN.username, LOGIN.password)
  t.equal((await get('/imports/shelf.xml', right)).text, feedOf('ENT-1'))
  t.equal(
    (await get('/imports/shelf.json', { authorization: (right.authorization ?? '').replace('Basic', 'bASIC ') }))
      .status,
    200,
  )
  t.equal((await get(`/imports/shelf/${KEY}.xml`, right)).status, 404, 'a login is no secret')
})

t.test('a secret in the address lets in; a wrong one gets the same answer as an unknown integration', async (t) => {
  const { get, shelf } = await openRoom(t, { secrets: [KEY, OLD_KEY] })
  shelf.show([tickets(1)])
  t.equal((await get(`/imports/shelf/${KEY}.xml`)).text, feedOf('ENT-1'))
  t.equal((await get(`/imports/shelf/${OLD_KEY}.json`)).status, 200)
  const unknown = await get(`/imports/nothing/${KEY}.xml`)
  t.equal(unknown.status, 404)
  for (const path of [
    `/imports/shelf/${KEY}x.xml`,
    '/imports/shelf/x.xml',
    '/imports/shelf/.xml',
    '/imports/shelf.xml',
    '/imports/nothing.xml',
    `/imports/shelf/${KEY}`,
    `/imports/shelf/${KEY}.html`,
  ]) {
    const answer = await get(path)
    t.strictSame([answer.status, answer.text, answer.headers.get('www-authenticate')], [404, unknown.text, null], path)
  }
})

t.test('an integration with an import that finds nothing to show is told of in the log', async (t) => {
  const { connector } = createShelf('shelf', false)
  const relay = await startRelay(t, {
    connectors: [connector],
    integrations: { shelf: { type: 'shelf', import: { public: true } } },
  })
  t.equal((await relay.get('/imports/shelf.xml')).status, 404)
  t.match(relay.lines('import is set, but no setting names the tickets to import'), [
    { level: 'warn', integration: 'shelf' },
  ])
})

t.test('an integration without import is not shown', async (t) => {
  const shelf = createShelf()
  shelf.show([tickets(1)])
  const relay = await startRelay(t, {
    connectors: [shelf.connector],
    integrations: { shelf: { type: 'shelf', row: 'top' } },
  })
  t.equal((await relay.get('/imports/shelf.xml')).status, 404)
  t.equal((await relay.get('/imports/shelf.xml', basic('', ''))).status, 404)
})

t.test(
  'what has not changed is not sent again; the tag changes with what is linked, and with the format',
  async (t) => {
    const { get, shelf, relay } = await openRoom(t, { public: true, cache_seconds: 3600 })
    shelf.show([tickets(1, 2)])
    await get('/imports/shelf.xml')
    const first = await get('/imports/shelf.xml')
    const etag = first.headers.get('etag') ?? ''
    t.match(etag, /^"[^"]+"$/)
    relay.advance(9000)
    for (const sent of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const same = await get('/imports/shelf.xml', { 'if-none-match': sent })
      t.equal(same.status, 304, sent)
      t.equal(same.text, '')
      t.equal(same.headers.get('etag'), etag)
      t.ok(Number(same.headers.get('age')) >= 9)
    }
    t.equal((await get('/imports/shelf.json', { 'if-none-match': etag })).status, 200)
    await relay.store.setLinks(
      () => [
        [
          {
            projectId: '26',
            storyId: '1',
            system: 'shelf',
            integrationId: null,
            externalId: 'ENT-1',
            externalUrl: null,
          },
        ],
      ],
      Date.now(),
    )
    const changed = await get('/imports/shelf.xml', { 'if-none-match': etag })
    t.equal(changed.status, 200)
    t.equal(changed.text, feedOf('ENT-2'))
    t.not(changed.headers.get('etag'), etag)
    await relay.store.forgetLink('26', '1')
    t.equal((await get('/imports/shelf.xml', { 'if-none-match': etag })).status, 304)
    t.equal(shelf.reads, 1)
  },
)

t.test('exclude_linked counts links of projects that use the integration, not those of strangers', async (t) => {
  const link = (projectId: string, number: number) => ({
    ...{ projectId, storyId: String(number), system: 'shelf', integrationId: null },
    ...{ externalId: `ENT-${number}`, externalUrl: null },
  })
  const shownWith = async (...users: string[]): Promise<string[]> => {
    const projects = ['26', '27', '28'].map((id) => ({
      ...{ id, secret: `hook-secret-${id}` },
      integrations: users.includes(id) ? ['shelf'] : ['log'],
    }))
    const shelf = createShelf()
    shelf.show([tickets(1, 2, 3, 4)])
    const relay = await startRelay(t, {
      connectors: [shelf.connector],
      integrations: { log: { type: 'log' }, shelf: { type: 'shelf', row: 'top', import: { public: true } } },
      projects,
    })
    const links = [link('26', 1), link('27', 2), link('28', 3)]
    await relay.store.setLinks(() => [links], Date.now())
    const { text } = await relay.get('/imports/shelf.xml')
    await relay.stop()
    return [...text.matchAll(/<external_id>(.*)<\/external_id>/g)].map(([, id = '']) => id)
  }
  t.strictSame(await shownWith('26'), ['ENT-2', 'ENT-3', 'ENT-4'])
  t.strictSame(await shownWith('26', '27'), ['ENT-3', 'ENT-4'])
  t.strictSame(await shownWith(), ['ENT-4'], 'an integration that only imports is used by all projects')
})

t.test('without exclude_linked the answer says how long it is new', async (t) => {
  const { get, shelf, relay } = await openRoom(t, { public: true, cache_seconds: 600, exclude_linked: false })
  shelf.show([tickets(1)])
  await get('/imports/shelf.xml')
  relay.advance(100_000)
  const answer = await get('/imports/shelf.xml')
  const age = Number(answer.headers.get('age'))
  t.ok(age >= 100 && age < 400)
  const maxAge = Number(/^private, max-age=(\d+)$/.exec(answer.headers.get('cache-control') ?? '')?.[1])
  t.ok(maxAge <= 500 && maxAge > 200)
})

t.test('HEAD tells what GET would, without the tickets', async (t) => {
  const { shelf, relay } = await openRoom(t, { public: true })
  shelf.show([tickets(1)])
  const head = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    ask(`${relay.url}${path}`, { method: 'HEAD', headers })
  t.equal((await head('/imports/shelf.xml')).status, 200)
  const whole = await eventually(
    () => head('/imports/shelf.xml'),
    ({ headers }) => headers.get('etag') !== null,
    'the list to be whole',
  )
  t.equal(whole.text, '')
  t.equal(whole.headers.get('content-type'), 'application/xml; charset=utf-8')
  const etag = whole.headers.get('etag') ?? ''
  t.equal((await relay.get('/imports/shelf.xml')).headers.get('etag'), etag)
  t.equal((await head('/imports/shelf.xml', { 'if-none-match': etag })).status, 304)
  t.equal((await head('/imports/nothing.xml')).status, 404)
  t.equal((await ask(`${relay.url}/imports/shelf.xml`, { method: 'POST', body: 'x' })).status, 404)
})

t.test(
  'a source that is down is told with its reason when there is nothing else to show, and never as an empty list',
  async (t) => {
    const { get, shelf, relay } = await openRoom(t, { public: true }, {})
    shelf.fail(new DeliveryError('hold', 'row: there is no row "top"', { status: 404, retryAfterMs: 30_000 }))
    const answer = await get('/imports/shelf.xml')
    t.equal(answer.status, 502)
    t.strictSame(headersOf(answer, 'content-type', 'retry-after', 'etag', 'age'), {
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '30',
      etag: null,
      age: null,
    })
    t.strictSame(answer.json(), {
      type: 'urn:tracker-relay:source-failed',
      title: 'The tickets cannot be read',
      status: 502,
      detail: 'integration shelf: row: there is no row "top"',
    })
    const metrics = await relay.metrics()
    t.equal(metrics.get('relay_import_fetches_total{integration="shelf",outcome="failed"}'), 1)
    t.equal(metrics.get('relay_import_fetches_total{integration="shelf",outcome="complete"}'), 0)
  },
)

t.test('a source that is down is covered by the last good list, marked as such', async (t) => {
  const { get, shelf, relay } = await openRoom(t, { public: true, stale_seconds: 3600 })
  shelf.show([tickets(1)])
  await get('/imports/shelf.xml')
  await get('/imports/shelf.xml')
  shelf.fail(new DeliveryError('retry', 'nobody answers'))
  relay.advance(120_000)
  const stale = await get('/imports/shelf.xml')
  t.equal(stale.status, 200)
  t.equal(stale.text, feedOf('ENT-1'))
  t.strictSame(headersOf(stale, 'warning', 'cache-control'), {
    warning: '110 - "Response is Stale", 111 - "Revalidation Failed"',
    'cache-control': 'private, no-cache',
  })
  t.ok(Number(stale.headers.get('age')) >= 120)
  const metrics = await relay.metrics()
  t.equal(metrics.get('relay_import_stale_answers_total{integration="shelf",reason="failed"}'), 1)
  t.equal(metrics.get('relay_import_stories_served_total{integration="shelf"}'), 3)
  const readAt = metrics.get('relay_import_read_timestamp_seconds{integration="shelf"}') ?? 0
  t.ok(Math.abs(readAt - Date.now() / 1000) < 60)
  relay.advance(3_600_000)
  t.equal((await get('/imports/shelf.xml')).status, 502)
})

t.test(
  'a failure after the first tickets breaks the answer off, so that half a list never passes for a whole',
  async (t) => {
    const { shelf, relay } = await openRoom(t, { public: true })
    const gate = createGate()
    shelf.show(async function* () {
      yield tickets(1)
      await gate.opened
      throw new DeliveryError('retry', 'the shelf fell over')
    })
    const connection = await connectRaw(t, relay.port)
    connection.send('GET /imports/shelf.xml HTTP/1.1\r\nhost: x\r\n\r\n')
    await eventually(
      () => connection.received(),
      (text) => text.includes('ENT-1'),
      'the first ticket',
    )
    gate.open()
    const received = await connection.closed
    t.match(received, /^HTTP\/1\.1 200 /)
    t.match(received, /transfer-encoding: chunked/i)
    t.notMatch(received, '</external_stories>')
    t.notMatch(received, /\r\n0\r\n\r\n$/, 'the last chunk is missing, as every client notices')
  },
)

t.test('another config is in force at once, and what is read for the one before is not shown', async (t) => {
  const { get, shelf, relay, setup } = await openRoom(t, { public: true })
  shelf.show([tickets(1)])
  await get('/imports/shelf.xml')
  await relay.reload(setup({ secret: KEY }))
  t.equal((await get('/imports/shelf.xml')).status, 404)
  t.equal((await get(`/imports/shelf/${KEY}.xml`)).text, feedOf('ENT-1'))
  t.equal(shelf.reads, 1, 'another secret leaves the list as it is')
  shelf.show([tickets(2)])
  await relay.reload(setup({ secret: KEY }, { row: 'bottom' }))
  t.equal((await get(`/imports/shelf/${KEY}.xml`)).text, feedOf('ENT-2'))
  await relay.reload({ connectors: [shelf.connector], integrations: { shelf: { type: 'shelf', row: 'top' } } })
  t.equal((await get(`/imports/shelf/${KEY}.xml`)).status, 404)
  t.equal((await relay.metrics()).has('relay_import_read_timestamp_seconds{integration="shelf"}'), false)
})

t.test('a relay that stops answers clients that wait for a source, and does not wait for them', async (t) => {
  const { get, shelf, relay } = await openRoom(t, { public: true })
  shelf.show(async function* () {
    await new Promise(() => {})
    yield []
  })
  const asked = get('/imports/shelf.xml')
  await eventually(
    () => shelf.reads,
    (reads) => reads === 1,
    'the source to be asked',
  )
  const stopping = relay.stop()
  const answer = await asked
  t.equal(answer.status, 503)
  t.match(answer.json(), { type: 'urn:tracker-relay:stopping', detail: /stopping; ask again/ })
  await stopping
})

t.test('linked tickets are not shown when the store cannot say which ones they are', async (t) => {
  const { get, shelf, relay } = await openRoom(t, { public: true })
  shelf.show([tickets(1)])
  await get('/imports/shelf.xml')
  const { writer, close } = openDatabase({ client: 'sqlite', file: join(relay.folder, 'relay.db') })
  await writer.schema.renameTable('links', 'gone')
  await close()
  const answer = await get('/imports/shelf.xml')
  t.equal(answer.status, 503)
  t.equal(answer.headers.get('retry-after'), '5')
  t.match(answer.json(), {
    type: 'urn:tracker-relay:store',
    detail: /^integration shelf: the links of stories cannot be read: /,
  })
})

t.test("guesses of an import's login are limited and logged with its name, and then not even looked at", async (t) => {
  const { get, relay, shelf } = await openRoom(t, LOGIN, {
    server: { rate_limit: { wrong_secrets_per_address_per_minute: 3 } },
  })
  shelf.show([tickets(1)])
  const right = basic(LOGIN.username, LOGIN.password)
  for (let ask = 0; ask < 5; ask += 1) t.equal((await get('/imports/shelf.xml')).status, 401, 'no login is no guess')
  t.equal((await get('/imports/shelf.xml', right)).status, 200)
  for (const guess of ['a', 'b', 'c']) t.equal((await get('/imports/shelf.xml', basic('tracker', guess))).status, 401)
  for (const sent of [basic('tracker', 'd'), right]) {
    const answer = await get('/imports/shelf.xml', sent)
    t.equal(answer.status, 429)
    const wait = Number(answer.headers.get('retry-after'))
    t.ok(wait > 0 && wait <= 60)
  }
  const lines = relay.lines().filter(({ door }) => door === 'import login')
  t.strictSame(
    lines.map(({ level, integration, address }) => ({ level, integration, address })),
    Array.from({ length: 4 }, () => ({ level: 'warn', integration: 'shelf', address: '127.0.0.1' })),
  )
  relay.advance(61_000)
  t.equal((await get('/imports/shelf.xml', right)).status, 200)
})

t.test('an address that guesses is answered 429 after a while', async (t) => {
  const setup = { server: { rate_limit: { wrong_secrets_per_address_per_minute: 3 } } }
  const { get, relay } = await openRoom(t, { secret: KEY }, setup)
  for (let guess = 0; guess < 3; guess += 1) t.equal((await get(`/imports/shelf/guess-${guess}.xml`)).status, 404)
  const answer = await get('/imports/shelf/guess-3.xml')
  t.equal(answer.status, 429)
  t.match(answer.headers.get('retry-after'), /^\d+$/)
  t.match(relay.lines('unknown import or wrong secret'), [{ integration: 'shelf' }, {}, {}])
  t.equal((await get(`/imports/shelf/${KEY}.xml`)).status, 200, 'the right one beside it is let in')
})

t.test('no secret of an import is in any log line, metric or answer', async (t) => {
  const { get, shelf, relay, setup } = await openRoom(t, { ...LOGIN, secrets: [KEY, OLD_KEY] })
  await relay.reload(setup({ ...LOGIN, secrets: [KEY, OLD_KEY] }, { key: 'key-of-the-shelf' }))
  const login = basic(LOGIN.username, LOGIN.password)
  const answers: string[] = []
  const look = async (path: string, headers: Record<string, string> = {}): Promise<void> => {
    const answer = await get(path, headers)
    answers.push(JSON.stringify([...answer.headers]), answer.text)
  }
  shelf.fail(new DeliveryError('retry', `nobody answers at https://x.invalid/?key=key-of-the-shelf&s=${KEY}`))
  for (const path of [
    `/imports/shelf/${KEY}.xml`,
    `/imports/shelf/${KEY}`,
    `/imports/${KEY}.xml`,
    '/imports/shelf.xml',
  ])
    for (const headers of [{}, login]) await look(path, headers)
  shelf.show([tickets(1)])
  relay.advance(5000)
  await look(`/imports/shelf/${OLD_KEY}.xml`)
  await look('/metrics')
  const seen = relay.output() + answers.join('\n')
  t.match(seen, 'ENT-1')
  t.match(seen, 'nobody answers')
  for (const secret of [KEY, OLD_KEY, LOGIN.password, 'key-of-the-shelf', login.authorization?.slice(6) ?? '-'])
    t.notMatch(seen, secret)
})

t.test(
  'a ticket whose story was dragged in disappears at once, and comes back when the story is deleted',
  async (t) => {
    const { get, shelf, relay } = await openRoom(t, { public: true, cache_seconds: 3600 })
    shelf.show([tickets(1, 2)])
    const hook = (version: number, kind: string, inner: string): Promise<Answer> =>
      relay.post(
        `<?xml version="1.0" encoding="UTF-8"?><activity><id type="integer">${1000 + version}</id><version type="integer">${version}</version><event_type>${kind}</event_type><occurred_at type="datetime">2010/01/01 00:00:0${version} UTC</occurred_at><author>James Kirk</author><project_id type="integer">26</project_id><description>James Kirk did it</description><stories type="array"><story><id type="integer">109</id>${inner}</story></stories></activity>`,
      )
    t.equal((await get('/imports/shelf.xml')).text, feedOf('ENT-1', 'ENT-2'))
    const link = '<other_id>ENT-1</other_id><other_url>https://shelf.example.com/ENT-1</other_url>'
    await relay.reload({
      connectors: [shelf.connector],
      integrations: {
        shelf: {
          type: 'shelf',
          row: 'top',
          base_url: 'https://shelf.example.com',
          import: { public: true, cache_seconds: 3600 },
        },
      },
    })
    t.equal((await hook(1, 'story_create', `<name>Ticket 1</name><story_type>bug</story_type>${link}`)).status, 202)
    t.equal((await get('/imports/shelf.xml')).text, feedOf('ENT-2'))
    t.equal((await hook(2, 'story_delete', '')).status, 202)
    t.equal((await get('/imports/shelf.xml')).text, feedOf('ENT-1', 'ENT-2'))
  },
)

/** The files of the folder that this process has open, also those that are deleted. */
function openFiles(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(folder) && path.includes('/imports/') ? [path] : []
    } catch {
      // It was the one that listed them.
      return []
    }
  })
}

t.test(
  'clients that leave in the middle, ask for the head alone, or know the list already leave no file open',
  { skip: existsSync('/proc/self/fd') ? false : 'this system does not show which files are open' },
  async (t) => {
    const { shelf, relay } = await openRoom(t, { public: true, cache_seconds: 3600 })
    const many = tickets(...Array.from({ length: 5000 }, (_, index) => index))
    shelf.show([many.map((ticket) => ({ ...ticket, description: 'x'.repeat(2000) }))])
    const etag = (
      await eventually(
        () => ask(`${relay.url}/imports/shelf.xml`, { method: 'HEAD' }),
        ({ headers }) => headers.get('etag') !== null,
        'the list to be whole',
      )
    ).headers.get('etag')
    const leave = async (): Promise<void> => {
      const leaving = new AbortController()
      const answer = await fetch(`${relay.url}/imports/shelf.xml`, { signal: leaving.signal })
      await answer.body?.getReader().read()
      leaving.abort()
    }
    await Promise.all(Array.from({ length: 20 }, leave))
    await relay.get('/imports/shelf.xml', { 'if-none-match': etag ?? '' })
    shelf.show([tickets(1)])
    relay.advance(3_600_000)
    await leave()
    await relay.get('/imports/shelf.xml')
    await eventually(
      async () => openFiles(relay.folder),
      (open) => open.length === 1,
      'only the newest list to be open',
    )
    await relay.stop()
    t.strictSame(openFiles(relay.folder), [])
  },
)
