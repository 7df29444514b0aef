import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance, InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { ImportError } from '../../src/imports/import-error.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createJournal, REFUSAL_REASONS } from '../../src/queue/journal.ts'
import type { ApiResources } from '../../src/routes/api/routes.ts'
import { PROBLEMS, type ProblemCode, REFUSALS, STORE_FAILURES } from '../../src/routes/problems.ts'
import { secretDigest } from '../../src/routes/secret.ts'
import { buildServers, type ServerSettings } from '../../src/routes/server.ts'
import { trackerSource } from '../../src/sources/tracker/index.ts'
import type { Delivery } from '../../src/store/delivery.ts'
import { STORE_REASONS, StoreError } from '../../src/store/store-error.ts'
import { changed, PROJECT } from '../gateway/tracker-says.ts'
import { BEACON_PROJECT, beacon, beaconRequest } from '../sources/beacon.ts'
import { connectRaw, parts } from './raw-connection.ts'

const SECRET = 'kobayashi-maru-1701'
const ADMIN = 'an-admin-token-of-some-length'
const READER = 'a-token-that-only-reads-1234'
const HOOK = `/hooks/${PROJECT}/${SECRET}`
const activity = changed(1, { story: '109', state: 'accepted' })

const SETTINGS: ServerSettings = {
  trust_proxy: false,
  body_limit_bytes: 100_000,
  request_timeout_seconds: 1,
  header_timeout_seconds: 1,
  keep_alive_timeout_seconds: 5,
  rate_limit: {
    enabled: true,
    per_address_per_minute: 1000,
    per_project_per_minute: 1000,
    wrong_secrets_per_address_per_minute: 1000,
  },
}

const DELIVERY: Delivery = {
  id: 2,
  activityId: 1,
  key: 'dlv_2',
  projectId: PROJECT,
  integration: 'log',
  storyId: null,
  effect: { kind: 'forward' },
  lanes: [`${PROJECT}:109`],
  state: 'pending',
  createdAt: 0,
  replayedAt: null,
  dueAt: 0,
  attempts: 0,
  failures: 0,
  inDoubtSince: null,
  failingSince: null,
  firstFailedAt: null,
  lastFailedAt: null,
  kept: null,
  targetTime: null,
  digest: null,
  settledAt: null,
  note: null,
}

type Given = Pick<ApiResources, 'deliveries' | 'catchUps'> & { readonly audit: { write(): Promise<void> } }

/** No request of these tests comes to the others. */
function onlyThese(given: Given): ApiResources {
  return new Proxy(given as unknown as ApiResources, { get: (target, name) => Reflect.get(target, name) ?? {} })
}

const MISTAKEN = { refused: { reason: 'expression', message: 'stories[0].id is missing' } } as const

interface Setup {
  /** What the store says to an activity. */
  readonly stored?: Error
  /** What the import "shelf" says when it is asked. */
  readonly served?: Error
  readonly settings?: Partial<ServerSettings>
}

async function server(t: Test, { stored, served, settings = {} }: Setup = {}): Promise<FastifyInstance> {
  const metrics = createMetrics({ version: '0.0.0', words: METRIC_WORDS })
  const log = createLogger('silent', { write() {} })
  const project = {
    id: PROJECT,
    secretDigests: [secretDigest(SECRET)],
    integrations: [],
    ignoreAuthors: [],
    source: trackerSource({ id: PROJECT }),
  }
  const source = beacon.configure(BEACON_PROJECT.source, { id: BEACON_PROJECT.id, name: '' })
  if (Array.isArray(source)) throw new Error('the source is configured')
  const signed = { ...project, id: BEACON_PROJECT.id, source }
  const board = { ...project, id: 'board', source: { ...project.source, read: () => MISTAKEN } }
  const { app } = await buildServers({
    settings: { ...SETTINGS, ...settings },
    steady: () => performance.now(),
    tokens: () => ({
      administrators: [
        { name: 'kirk', role: 'operate', token: ADMIN },
        { name: 'chekov', role: 'read', token: READER },
      ],
    }),
    log,
    metrics,
    hooks: {
      tracing: null,
      now: () => 0,
      project: (id) => [project, signed, board].find((each) => each.id === id),
      journal: createJournal({
        append: () =>
          stored === undefined ? Promise.resolve({ id: 1, deliveries: 0, duplicate: false }) : Promise.reject(stored),
        appendTogether: async () => [{ id: 1, deliveries: 0, duplicate: false }],
        rememberedStories: async () => [],
        takeOwnEvent: async () => false,
        knownKeys: async () => new Set(),
        reject: async () => {},
        wake() {},
        metrics,
        log,
        now: () => 0,
      }),
    },
    imports: {
      door: () => ({
        isPublic: true,
        login: null,
        secretDigests: [],
        feed: { serve: () => Promise.reject(served ?? new Error('the test shows no tickets')) },
      }),
    },
    health: { probeStore: async () => {}, failedCommits: () => [], isExamined: () => true, stoppedWorkers: () => [] },
    connect: {
      publicUrl: () => null,
      connection: () => undefined,
      credentials: () => undefined,
      resume: async () => {},
      pause: async () => {},
      record: async () => {},
      redact: (_name, text) => text,
      now: () => 0,
    },
    refreshMetrics: async () => {},
    pages: {
      ...{ base: () => '', publicUrl: () => null, now: () => 0 },
      ...{
        hooks: () => [],
        importPaths: () => [],
        connectUrl: () => null,
        toolOf: () => 'Tracker',
        storyPage: async () => '',
      },
    },
    admin: {
      isApart: false,
      version: '0.0.0',
      hosts: () => [],
      resources: onlyThese({
        catchUps: {
          list: async () => [],
          ask: async () => ({ problem: 'tool-failed', detail: "Linear's API answered 500" }),
        },
        audit: { write: async () => {} },
        deliveries: {
          store: {
            deliveryPage: () => Promise.reject(new StoreError('busy', 'another process holds the database')),
            delivery: async () => ({ delivery: DELIVERY, attempts: [] }),
          },
          replay: async () => false,
          redact: (_name, text) => text,
        },
      }),
    },
  })
  t.teardown(() => app.close())
  return app
}

interface Answered {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

type Ask = (t: Test) => Promise<Answered>

function answerTo(request: InjectOptions, setup?: Setup): Ask {
  return async (t) => {
    const app = await server(t, setup)
    const { statusCode, headers, body } = await app.inject(request)
    return { status: statusCode, contentType: String(headers['content-type']), body }
  }
}

const post = (payload: string | Buffer, more: Partial<InjectOptions> = {}, setup?: Setup): Ask =>
  answerTo({ method: 'POST', url: HOOK, payload, ...more }, setup)

const unstored = (reason: StoreError['reason']): Ask => post(activity, {}, { stored: new StoreError(reason, 'no') })

const unread = (reason: ImportError['reason']): Ask =>
  answerTo({ url: '/imports/shelf.xml' }, { served: new ImportError(reason, 'no') })

function answerToBytes(bytes: string): Ask {
  return async (t) => {
    const app = await server(t)
    await app.listen({ host: '127.0.0.1', port: 0 })
    const raw = await connectRaw(t, (app.server.address() as AddressInfo).port)
    raw.send(bytes)
    const { status, headers, body } = parts(await raw.closed)
    return { status, contentType: headers['content-type'] ?? '', body }
  }
}

const form = (payload: string, contentType: string): Ask =>
  answerTo({
    method: 'POST',
    url: '/connect/twitter/team',
    headers: { authorization: `Bearer ${ADMIN}`, 'content-type': contentType },
    payload,
  })

const api = (path: string, more: Partial<InjectOptions> = {}): Ask =>
  answerTo({ url: `/api/v1${path}`, headers: { authorization: `Bearer ${ADMIN}` }, ...more } as InjectOptions)

/** A way to get each answer; the compiler asks for one when a problem is added. */
const WAYS: Readonly<Record<ProblemCode, Ask>> = {
  'bad-request': answerToBytes('HELLO\r\n\r\n'),
  empty: post(''),
  encoding: post(Buffer.from('<activity>\xe9</activity>', 'latin1')),
  'not-an-activity': post('hello'),
  syntax: post('<activity><id>1</activity>'),
  doctype: post('<!DOCTYPE a><activity/>'),
  'too-deep': post(`<activity>${'<a>'.repeat(2000)}${'</a>'.repeat(2000)}</activity>`),
  list: post('[{"kind":"story_update_activity"}]'),
  'missing-field': post('<activity><id>1</id></activity>'),
  'bad-field': post(activity.replace('2009/12/14', 'yesterday')),
  'bad-parameter': api('/deliveries?colour=red'),
  incomplete: post(activity, { simulate: { error: true, end: false, split: false, close: false } }),
  unauthorized: answerTo({ url: '/connect/twitter/team' }),
  forbidden: api('/deliveries/1/replay', { method: 'POST', headers: { authorization: `Bearer ${READER}` } }),
  'not-found': answerTo({ url: '/nowhere' }),
  'wrong-path': answerTo({ url: `${HOOK}/xml` }),
  'method-not-allowed': answerTo({ url: HOOK }),
  conflict: api('/deliveries/2/replay', { method: 'POST', payload: {} }),
  'too-slow': answerToBytes('POST /hooks HTTP/1.1\r\nhost: x\r\n'),
  'too-large': post(activity.padEnd(100_001)),
  'body-too-large': form('form='.padEnd(5000, 'x'), 'application/x-www-form-urlencoded'),
  'content-encoding': post(gzipSync(activity), { headers: { 'content-encoding': 'gzip' } }),
  'unsupported-media-type': form('<form/>', 'text/xml'),
  'wrong-host': api('/deliveries', { headers: { host: 'evil.example.com', authorization: `Bearer ${ADMIN}` } }),
  'wrong-project': post(changed(1, { story: '109', state: 'accepted', project: '27' })),
  expression: post('{}', { url: `/hooks/board/${SECRET}` }),
  signature: post(beaconRequest([]).body, { url: `/hooks/${BEACON_PROJECT.id}/${SECRET}` }),
  'too-many-requests': async (t) => {
    const rate_limit = {
      enabled: true,
      per_address_per_minute: 1000,
      per_project_per_minute: 1,
      wrong_secrets_per_address_per_minute: 1,
    }
    const app = await server(t, { settings: { rate_limit } })
    await app.inject({ method: 'POST', url: HOOK, payload: activity })
    const { statusCode, headers, body } = await app.inject({ method: 'POST', url: HOOK, payload: activity })
    return { status: statusCode, contentType: String(headers['content-type']), body }
  },
  'headers-too-large': answerToBytes(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`),
  internal: post(activity, {}, { stored: new Error('a bug') }),
  'tool-failed': api('/catch-ups/26', { method: 'POST', payload: {} }),
  'source-failed': unread('source'),
  'source-slow': unread('slow'),
  store: unread('store'),
  'store-busy': unstored('busy'),
  'store-full': unstored('full'),
  'store-unavailable': unstored('unavailable'),
  'store-overloaded': unstored('overloaded'),
  'store-stopping': unstored('stopping'),
  database: api('/deliveries'),
  stopping: unread('stopping'),
}

for (const [code, way] of Object.entries(WAYS) as [ProblemCode, Ask][])
  t.test(`the problem ${code} is answered as the list says`, async (t) => {
    const { status, contentType, body } = await way(t)
    t.match(contentType, /^application\/problem\+json/)
    const { detail, ...answered } = JSON.parse(body) as Record<string, unknown>
    const expected = PROBLEMS[code]
    t.strictSame(answered, {
      type: `urn:tracker-relay:${code}`,
      title: expected.title,
      status: expected.status,
    })
    t.equal(status, expected.status)
    t.match(detail, /\S/)
  })

t.test('each reason of a refusal and of the store has a problem of its own', async (t) => {
  t.strictSame(Object.keys(REFUSALS).sort(), [...REFUSAL_REASONS].sort())
  t.strictSame(Object.keys(STORE_FAILURES).sort(), [...STORE_REASONS].sort())
  const codes = [...Object.values(REFUSALS), ...Object.values(STORE_FAILURES)]
  t.equal(new Set(codes).size, codes.length)
})
