import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { cursorOf } from '../../../src/routes/api/paging.ts'
import { SECRET } from '../../gateway/running-relay.ts'
import { changed, commented } from '../../gateway/tracker-says.ts'
import { startTracker } from '../../targets/tracker.ts'
import { administeredRelay, OPERATOR, READER } from './administered.ts'
import { assertDocumented, type Operation, operations } from './documented.ts'

const REQUESTS = 10_000
/** At once, as clients of a busy relay ask; those that write then share commits. */
const TOGETHER = 20
const ROUNDS = REQUESTS / TOGETHER

/** The answer with events has no end. */
const ending = operations.filter(({ path }) => !path.endsWith('/events'))

type Json = Record<string, unknown>

/** What is there, so that requests also get through. */
const KNOWN = ['log', 'desk', '26', '109', '110', '17', '1', '2', '3', 'kirk', 'other', 'story_update', 'missing field']

/** By the name of what is asked: enough that each route also does what it is for. */
const FITTING: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  project: fc.constant('26'),
  story: fc.constantFrom('109', '110'),
  name: fc.constantFrom('log', 'desk'),
  integration: fc.constantFrom('log', 'desk'),
  external_id: fc.constantFrom('17', null),
  system: fc.constant('other'),
  external_url: fc.constant('https://desk.example.com/17'),
  // The first job runs all the time; of other things there are more and more.
  id: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: ROUNDS })),
  ids: fc.constant('1,2'),
  fields: fc.constant('id'),
  cursor: fc.constant(cursorOf(30)),
  type: fc.constant('log'),
  per_second: fc.constant(1),
}

const hostile = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    '1e9',
    '9007199254740992',
    '%00',
    '\u0000',
    "' or 1=1 --",
    '../..',
    '[object Object]',
    'null',
    '\ud800',
    'é'.repeat(300),
  ),
  fc.integer().map(String),
)

/** Mostly what the schema allows, and sometimes anything. */
function anyOf(schema: Json, name = ''): fc.Arbitrary<unknown> {
  const types = [schema.type].flat()
  const words = schema.enum as unknown[] | undefined
  const known = FITTING[name]
  const fitting: fc.Arbitrary<unknown>[] = []
  if (known !== undefined && !types.includes('array')) fitting.push(known)
  else if (words !== undefined) fitting.push(fc.constantFrom(...words))
  else if (types.includes('integer')) {
    const { minimum = 0, maximum = 1e6 } = schema as { minimum?: number; maximum?: number }
    fitting.push(fc.constantFrom(1, 2, 3), fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31 - 1) }))
  } else if (schema.format === 'date-time')
    fitting.push(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom('2026-11-28T18:00:00Z', '0001-01-01T00:00:00+14:00'),
    )
  else if (types.includes('string')) fitting.push(fc.constantFrom(...KNOWN))
  else if (types.includes('boolean')) fitting.push(fc.boolean())
  else if (types.includes('array'))
    fitting.push(fc.array(anyOf((schema.items ?? { type: 'string' }) as Json), { maxLength: 4 }))
  else if (schema.properties !== undefined) fitting.push(objectOf(schema))
  if (types.includes('null')) fitting.push(fc.constant(null))
  if (fitting.length === 0) fitting.push(fc.jsonValue({ maxDepth: 2 }))
  return fc.oneof({ weight: 4, arbitrary: fc.oneof(...fitting) }, { weight: 1, arbitrary: hostile })
}

function objectOf(schema: Json): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties as Record<string, Json>)
  return fc.record(Object.fromEntries(properties.map(([name, each]) => [name, anyOf(each, name)])), {
    requiredKeys: [],
  })
}

function bodyOf(schema: Json | null): fc.Arbitrary<unknown> {
  if (schema === null) return fc.constant(undefined)
  const fields = Object.fromEntries(
    Object.entries((schema.properties ?? {}) as Record<string, Json>).map(([name, each]) => [name, anyOf(each, name)]),
  )
  const bodies = fc.constantFrom(
    changed(1, { story: '109', state: 'started' }),
    commented(2, { story: '110', text: 'Aye' }),
    '[]',
    '{}',
  )
  const whole = fc.record('body' in fields ? { ...fields, body: bodies } : fields, { requiredKeys: [] })
  return fc.oneof({ weight: 5, arbitrary: whole }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) })
}

interface Request {
  readonly operation: Operation
  readonly url: string
  readonly payload: unknown
  readonly token: string
}

function requestOf(operation: Operation): fc.Arbitrary<Request> {
  const of = (where: 'query' | 'path') => operation.parameters.filter((each) => each.in === where)
  const values = (where: 'query' | 'path', requiredKeys: string[]) =>
    fc.record(Object.fromEntries(of(where).map(({ name, schema }) => [name, anyOf(schema, name)])), { requiredKeys })
  return fc
    .record({
      path: values(
        'path',
        of('path').map(({ name }) => name),
      ),
      query: values('query', []),
      extra: fc.oneof({ weight: 30, arbitrary: fc.constant('') }, { weight: 1, arbitrary: hostile }),
      payload: bodyOf(operation.body),
      token: fc.oneof({ weight: 9, arbitrary: fc.constant(OPERATOR) }, { weight: 1, arbitrary: fc.constant(READER) }),
    })
    .map(({ path, query, extra, payload, token }) => {
      const filled = operation.path.replace(/\{([^}]+)\}/g, (_, name: string) => encoded((path as Json)[name]))
      const asked = Object.entries(query as Json).map(([name, value]) => `${name}=${encoded(value)}`)
      const search = [...asked, ...(extra === '' ? [] : [encoded(extra)])].join('&')
      return { operation, url: search === '' ? filled : `${filled}?${search}`, payload, token }
    })
}

/** A lone surrogate cannot be encoded, and a part of a path that is only dots would make it another path. */
const encoded = (value: unknown): string =>
  encodeURIComponent(
    String(value)
      .replace(/\p{Cs}/gu, '?')
      .replace(/^\.{1,2}$/, 'dots'),
  )

t.test(`${REQUESTS} requests made of the document get documented answers, and none is a mistake of ours`, async (t) => {
  const folder = t.testdir({ 'tickets.csv': 'external_id,name\n17,More power to shields\n18,Tribbles\n' })
  const source = { csv: join(folder, 'tickets.csv') }
  const tracker = await startTracker()
  t.teardown(tracker.close)
  const api = { api_url: `${tracker.url}/services/{version}`, token: tracker.token }
  const relay = await administeredRelay(t, {
    projects: [{ id: '26', secret: SECRET, integrations: ['log'], tracker: api }],
    integrations: {
      log: { type: 'log' },
      desk: { type: 'other', base_url: 'https://desk.example.com/', source, import: { public: true } },
    },
    logLevel: 'error',
  })
  await relay.post(changed(1, { story: '109', state: 'started' }))
  let number = 2
  for (; number <= 60; number += 1) await relay.post(commented(number, { story: '110', text: 'Aye' }))
  for (const broken of ['hello', '<activity><id>1</id></activity>', '']) await relay.post(broken)
  await relay.api('/replays', { method: 'POST', body: { deliveries: { states: ['delivered'] }, per_second: 1 } })
  const { app } = relay.relay
  const statuses = new Map<number, number>()
  const succeeded = new Set<Operation>()
  const seed = Number(process.env.FUZZ_SEED ?? 1701)
  async function send({ operation, url, payload, token }: Request): Promise<void> {
    const { method } = operation
    const answer = await app.inject({
      method: method as 'GET',
      url,
      headers: {
        authorization: `Bearer ${token}`,
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      },
      ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
    })
    const { statusCode: status, body: text } = answer
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status < 300) succeeded.add(operation)
    if (status >= 500) throw new Error(`${method} ${url} answers ${status}: ${text}`)
    assertDocumented(method, url, {
      status,
      text,
      headers: new Headers({ 'content-type': String(answer.headers['content-type'] ?? '') }),
    })
  }

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(...ending.map(requestOf)), { minLength: TOGETHER, maxLength: TOGETHER }),
      async (requests) => {
        number += 1
        await relay.post(number % 2 === 0 ? commented(number, { story: '109', text: 'Aye' }) : `hello ${number}`)
        await Promise.all(requests.map(send))
      },
    ),
    { numRuns: ROUNDS, seed, endOnFailure: true },
  )
  t.comment(`seed ${seed}: ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(', ')}`)
  for (const status of [200, 204, 400, 403, 404, 409])
    t.ok((statuses.get(status) ?? 0) > 0, `${status} is among the answers`)
  t.strictSame(
    ending.filter((operation) => !succeeded.has(operation)).map(({ method, path }) => `${method} ${path}`),
    [],
    'each route has also done what it is for',
  )
  t.strictSame(
    relay.lines().filter(({ level }) => Number(level) >= 50),
    [],
  )
})
