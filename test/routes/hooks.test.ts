import { readFileSync } from 'node:fs'
import t from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { ask, lockDatabase, rowsOf, SECRET, startRelay } from '../gateway/running-relay.ts'
import { changed, PROJECT } from '../gateway/tracker-says.ts'
import { recordings } from '../tracker/recordings.ts'

const accepted = (number: number, story = '109'): string => changed(number, { story, state: 'accepted' })

t.test(
  'an activity is answered 202 with its id and the number of deliveries, and then it is in the database',
  async (t) => {
    const relay = await startRelay(t)
    const answer = await relay.post(accepted(1))
    t.equal(answer.status, 202)
    t.match(answer.headers.get('content-type'), /^application\/json\b/)
    t.strictSame(answer.json(), { id: '1', deliveries: 1, duplicate: false })
    const [row, ...others] = await rowsOf(relay.folder, 'activities')
    t.match(row, { project_id: PROJECT, key: '26:1', kind: 'story_update', content_type: 'application/xml' })
    t.strictSame(row?.raw, Buffer.from(accepted(1)))
    t.strictSame(others, [])
    const [delivery] = await rowsOf(relay.folder, 'deliveries')
    t.match(delivery, { activity_id: 1, integration: 'log', story_id: '109', kind: 'announce' })
  },
)

t.test('nothing is answered before it is committed', async (t) => {
  const relay = await startRelay(t)
  const release = await lockDatabase(relay.folder)
  let answered = false
  const answer = relay.post(accepted(1)).finally(() => {
    answered = true
  })
  // What came in later and needs no commit is answered meanwhile, again and again.
  for (let probes = 0; probes < 20; probes += 1) t.equal((await relay.get('/healthz')).status, 200)
  t.equal(answered, false)
  t.strictSame(await rowsOf(relay.folder, 'activities'), [])
  await release()
  t.equal((await answer).status, 202)
  t.equal((await rowsOf(relay.folder, 'activities')).length, 1)
})

t.test('an activity and its request have one log line together', async (t) => {
  const relay = await startRelay(t)
  await relay.post(accepted(1))
  await relay.post(accepted(1))
  await relay.post('no activity')
  t.strictSame(
    relay
      .lines('activity')
      .map(({ code, activity, duplicate, deliveries, route }) => [code, activity, duplicate, deliveries, route]),
    [
      [202, 1, false, 1, '/hooks/:project/:secret'],
      [200, 1, true, 1, '/hooks/:project/:secret'],
    ],
  )
  t.match(relay.lines('request'), [{ code: 400, activity: undefined }])
})

t.test('the same activity again is answered 200 with the first id, and causes nothing', async (t) => {
  const relay = await startRelay(t)
  await relay.post(accepted(1))
  await relay.post(accepted(2))
  const again = await relay.post(accepted(1))
  t.equal(again.status, 200)
  t.strictSame(again.json(), { id: '1', deliveries: 1, duplicate: true })
  t.equal((await relay.deliveries()).length, 2)
})

t.test('of many copies in one moment exactly one is new', async (t) => {
  const relay = await startRelay(t)
  const answers = await Promise.all(Array.from({ length: 40 }, () => relay.post(accepted(1))))
  t.strictSame(answers.map(({ status }) => status).sort(), [...Array<number>(39).fill(200), 202])
  t.equal((await relay.deliveries()).length, 1)
})

t.test('an unknown project and a wrong secret get the same answer, to the last byte', async (t) => {
  const relay = await startRelay(t)
  const seen = await Promise.all(
    [`${PROJECT}/wrong-secret-1701`, '27/wrong-secret-1701', `27/${SECRET}`].map(async (path) => {
      const response = await fetch(`${relay.url}/hooks/${path}`, { method: 'POST', body: accepted(1) })
      // The countdown is that of the caller's own address.
      const headers = [...response.headers].filter(([name]) => name !== 'date' && name !== 'x-ratelimit-remaining')
      return { status: response.status, headers, body: await response.text() }
    }),
  )
  const [first] = seen
  t.match(first, { status: 404, body: /"urn:tracker-relay:not-found"/ })
  t.match(Object.fromEntries(first?.headers ?? []), { 'content-type': 'application/problem+json' })
  for (const other of seen) t.strictSame(other, first)
  t.strictSame(await rowsOf(relay.folder, 'rejected'), [], 'strangers cannot fill the database')
  const projects = relay.lines('unknown project or wrong secret').map(({ project }) => project)
  t.strictSame(projects.sort(), [PROJECT, null, null], 'only the log tells an old secret from a stranger')
  t.notMatch(relay.output(), /wrong-secret-1701/)
})

t.test('a secret is not opened by its beginning, its other case or an empty one', async (t) => {
  const relay = await startRelay(t)
  for (const secret of [SECRET.slice(0, -1), `${SECRET}x`, SECRET.toUpperCase(), '', '%00', '..', '%2e'])
    t.equal((await fetch(`${relay.url}/hooks/${PROJECT}/${secret}`, { method: 'POST', body: 'x' })).status, 404, secret)
})

t.test('a slash too many in its address leads to the same hook', async (t) => {
  const relay = await startRelay(t)
  const paths = [`/hooks/${PROJECT}/${SECRET}/`, `//hooks/${PROJECT}/${SECRET}`, `/hooks//${PROJECT}/${SECRET}//`]
  for (const [number, path] of paths.entries())
    t.equal((await ask(`${relay.url}${path}`, { method: 'POST', body: accepted(number) })).status, 202, path)
})

t.test('under the path of a proxy that does not take it off, the relay is found with server.base_path', async (t) => {
  const relay = await startRelay(t, { server: { base_path: '/tools/relay' } })
  const hook = `/hooks/${PROJECT}/${SECRET}`
  for (const [number, path] of [`/tools/relay${hook}`, `/tools/relay/${hook}`, hook].entries())
    t.equal((await ask(`${relay.url}${path}`, { method: 'POST', body: accepted(number) })).status, 202, path)
  t.equal((await relay.get('/tools/relay/healthz?verbose')).status, 200)
  for (const path of ['/tools/relayed/healthz', '/tools/healthz', '/healthz/tools/relay'])
    t.equal((await relay.get(path)).status, 404, path)
})

t.test('what is sent to a path behind the right secret is kept, and answered with what is wrong', async (t) => {
  const relay = await startRelay(t)
  const path = `/hooks/${PROJECT}/${SECRET}/activities.xml`
  for (const method of ['POST', 'PUT', 'GET']) {
    const answer = await ask(`${relay.url}${path}`, { method, body: method === 'GET' ? null : accepted(1) })
    t.equal(answer.status, 404, method)
    t.match(answer.json(), { type: 'urn:tracker-relay:wrong-path', detail: /ends with its secret/ })
  }
  const wrong = await ask(`${relay.url}/hooks/${PROJECT}/wrong/activities.xml`, { method: 'POST', body: 'x' })
  t.match(wrong.json(), { type: 'urn:tracker-relay:not-found' })
  const kept = (await rowsOf(relay.folder, 'rejected')).map(({ reason, body }) => [reason, String(body)])
  t.strictSame(kept, Array(2).fill(['wrong path', accepted(1)]))
})

t.test('the address of a hook answers other methods 405, says that it works, and keeps what came', async (t) => {
  const relay = await startRelay(t)
  const hook = `${relay.url}/hooks/${PROJECT}/${SECRET}`
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
    const body = method === 'PUT' || method === 'PATCH' ? accepted(1) : null
    const answer = await ask(hook, { method, body })
    t.equal(answer.status, 405, method)
    t.equal(answer.headers.get('allow'), 'POST')
    if (method !== 'HEAD')
      t.match(answer.json(), { detail: `this hook works; it takes activities by POST, not by ${method}` })
    t.equal((await ask(`${hook}-wrong`, { method, body })).status, 404, 'which only those learn who have the secret')
  }
  const kept = (await rowsOf(relay.folder, 'rejected')).map(({ reason, body }) => [reason, String(body)])
  t.strictSame(kept, Array(2).fill(['wrong method', accepted(1)]), 'a body is kept, nothing is not')
  t.equal((await relay.post(accepted(1))).status, 202)
})

t.test('while a secret is being changed, the old one and the new one both open the hook', async (t) => {
  const relay = await startRelay(t, {
    projects: [
      { id: PROJECT, secrets: ['the-new-secret', 'the-old-secret'], integrations: [] },
      { id: 'other', secret: 'another-secret' },
    ],
  })
  const post = async (secret: string, number: number): Promise<number> =>
    (await fetch(`${relay.url}/hooks/${PROJECT}/${secret}`, { method: 'POST', body: accepted(number) })).status
  t.equal(await post('the-new-secret', 1), 202)
  t.equal(await post('the-old-secret', 2), 202)
  t.equal(await post('another-secret', 3), 404, 'the secret of another project')
})

t.test('whatever the content type says, the body alone decides what it is', async (t) => {
  const relay = await startRelay(t, { integrations: {} })
  const json = readFileSync('test/activities/v5_story_accepted.in.json', 'utf8')
  const types = [
    null,
    'application/xml',
    'text/xml; charset=utf-8',
    'application/json',
    'application/json; charset=ISO-8859-1',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/octet-stream',
    'not a type at all',
    ';;;',
  ]
  let number = 100
  for (const type of types) {
    const headers: Record<string, string> = type === null ? {} : { 'content-type': type }
    number += 1
    // A Buffer, since fetch would name a content type of its own for a text.
    const xml = await relay.post(Buffer.from(accepted(number)), headers)
    t.equal(xml.status, 202, `XML as ${type}`)
    const v5 = await relay.post(Buffer.from(json.replace('"26_187"', `"26_${number}"`)), headers)
    t.equal(v5.status, 202, `JSON as ${type}`)
    t.match(await relay.post(Buffer.from('payload=%3Cactivity'), headers), { status: 400 }, `a form as ${type}`)
    t.match(await relay.post(Buffer.from([0xff, 0xd8, 0xff, 0xe0]), headers), { status: 400 }, `an image as ${type}`)
  }
  const rows = await rowsOf(relay.folder, 'activities')
  t.equal(rows.length, 2 * types.length)
  t.strictSame([...new Set(rows.map(({ content_type }) => content_type))], types)
})

t.test('each recorded activity of every format is taken, and kept byte for byte', async (t) => {
  const all = recordings()
  const relay = await startRelay(t, { projects: [{ id: 'enterprise', secret: SECRET, integrations: ['log'] }] })
  for (const { name, body } of all) {
    const answer = await relay.post(body)
    t.equal(answer.status, 202, `${name}: ${answer.text}`)
  }
  const rows = await rowsOf(relay.folder, 'activities')
  t.strictSame(
    rows.map(({ raw }) => raw),
    all.map(({ body }) => body),
  )
})

t.test('activities of ignored authors are stored and cause nothing', async (t) => {
  const relay = await startRelay(t, {
    projects: [{ id: PROJECT, secret: SECRET, integrations: ['log'], ignore_authors: ['Sync Robot', '1702'] }],
  })
  const robot = await relay.post(changed(1, { story: '109', state: 'started', author: 'Sync Robot' }))
  t.strictSame([robot.status, robot.json()], [202, { id: '1', deliveries: 0, duplicate: false }])
  const byId = await relay.post(readFileSync('test/activities/v5_story_accepted.in.json'))
  t.strictSame([byId.status, byId.json()], [202, { id: '2', deliveries: 0, duplicate: false }])
  t.strictSame((await relay.post(accepted(3))).json(), { id: '3', deliveries: 1, duplicate: false })
  t.equal((await rowsOf(relay.folder, 'activities')).length, 3)
  t.match(await relay.lines('activity'), [{ ignored: true }, { ignored: true }, { activity: 3 }])
})

t.test('an activity of another project is refused, unless the hook has a name of its own', async (t) => {
  const relay = await startRelay(t, {
    projects: [
      { id: PROJECT, secret: SECRET },
      { id: 'fleet', secret: 'fleet-secret' },
    ],
  })
  const stranger = changed(1, { story: '109', state: 'started', project: '27' })
  const refused = await relay.post(stranger)
  t.equal(refused.status, 422)
  t.match(refused.headers.get('content-type'), 'application/problem+json')
  t.match(refused.json(), {
    type: 'urn:tracker-relay:wrong-project',
    status: 422,
    detail: /belongs to project 26, but the activity to project 27/,
  })
  t.match(await rowsOf(relay.folder, 'rejected'), [{ project_id: PROJECT, reason: 'wrong project' }])
  const named = await fetch(`${relay.url}/hooks/fleet/fleet-secret`, { method: 'POST', body: stranger })
  t.equal(named.status, 202)
})

t.test('the same activity in two projects is two activities', async (t) => {
  const relay = await startRelay(t, {
    projects: [
      { id: 'one', secret: 'secret-one' },
      { id: 'two', secret: 'secret-two' },
    ],
  })
  for (const name of ['one', 'two'])
    t.equal(
      (await fetch(`${relay.url}/hooks/${name}/secret-${name}`, { method: 'POST', body: accepted(1) })).status,
      202,
    )
})

t.test('a hook whose project is gone from the config is closed from the next reload on', async (t) => {
  const relay = await startRelay(t)
  t.equal((await relay.post(accepted(1))).status, 202)
  await relay.reload({ projects: [{ id: 'other', secret: 'other-secret' }] })
  const old = await fetch(`${relay.url}/hooks/${PROJECT}/${SECRET}`, { method: 'POST', body: accepted(2) })
  t.equal(old.status, 404)
  t.equal((await fetch(`${relay.url}/hooks/other/other-secret`, { method: 'POST', body: accepted(2) })).status, 202)
  await eventually(
    () => relay.lines('delivery').length,
    (count) => count === 1,
    'the delivery of the first activity',
  )
})
