import { join } from 'node:path'
import t from 'tap'
import { ACTIONS } from '../../../src/store/audit.ts'
import { SECRET } from '../../gateway/running-relay.ts'
import { commented } from '../../gateway/tracker-says.ts'
import { startTracker } from '../../targets/tracker.ts'
import { administeredRelay } from './administered.ts'
import { operations } from './documented.ts'

/** What changes nothing: a check only asks the target. */
const ONLY_LOOKS = ['POST /api/v1/integrations/{name}/check']

/** What is not done by the API: by time alone, at the page of an account, and by a command. */
const ELSEWHERE = ['expire', 'connect', 'disconnect', 'rotate key']

type Call = readonly [method: string, path: string, filled: string, body: object, action: string]

const CALLS: readonly Call[] = [
  ['POST', '/deliveries/{id}/replay', '/deliveries/1/replay', {}, 'replay'],
  ['POST', '/deliveries/{id}/skip', '/deliveries/3/skip', { reason: 'old' }, 'skip'],
  ['POST', '/deliveries/skip', '/deliveries/skip', { integration: 'log', story: '110', reason: 'old' }, 'skip'],
  ['POST', '/deliveries/move', '/deliveries/move', { from: 'gone', to: 'log', type: 'log' }, 'move'],
  ['POST', '/integrations/{name}/pause', '/integrations/log/pause', { reason: 'lunch' }, 'pause'],
  ['POST', '/integrations/{name}/resume', '/integrations/log/resume', {}, 'resume'],
  ['POST', '/integrations/{name}/test', '/integrations/log/test', {}, 'test message'],
  ['PUT', '/links/{project}/{story}', '/links/26/109', { external_id: '17', system: 'other' }, 'set link'],
  ['DELETE', '/links/{project}/{story}', '/links/26/109', {}, 'remove link'],
  [
    ...(['POST', '/rejected/{id}/hand-in', '/rejected/1/hand-in'] as const),
    { body: commented(9, { story: '111', text: 'Aye' }) },
    'hand in rejected',
  ],
  ['DELETE', '/rejected/{id}', '/rejected/2', {}, 'delete rejected'],
  ['POST', '/imports/{integration}/refresh', '/imports/desk/refresh', {}, 'refresh import'],
  ['POST', '/catch-ups/{project}', '/catch-ups/26', { dry_run: true }, 'catch up'],
  ['POST', '/replays', '/replays', { deliveries: { states: ['delivered', 'skipped'] }, per_second: 1 }, 'replay'],
  ['POST', '/replays/{id}/cancel', '/replays/1/cancel', {}, 'cancel replay'],
  ['POST', '/stats/rebuild', '/stats/rebuild', {}, 'rebuild stats'],
  ['POST', '/erasures', '/erasures', { story: '109', project: '26', dry_run: false }, 'erase'],
]

t.test('whatever the API can change is in the list of what was done, with who did it', async (t) => {
  const folder = t.testdir({ 'tickets.csv': 'external_id,name\n17,More power to shields\n' })
  const source = { csv: join(folder, 'tickets.csv') }
  const desk = { type: 'other', base_url: 'https://desk.example.com/', source, import: { public: true } }
  const tracker = await startTracker()
  t.teardown(tracker.close)
  const api = { api_url: `${tracker.url}/services/{version}`, token: tracker.token }
  const relay = await administeredRelay(t, {
    integrations: { log: { type: 'log' }, desk },
    projects: [
      { id: '26', secret: SECRET, integrations: ['log', 'desk'], tracker: api, catch_up: { every_minutes: 0 } },
    ],
  })
  for (const number of [1, 2]) await relay.post(commented(number, { story: '109', text: 'Engage' }))
  await relay.allSettled(2)
  for (const broken of ['hello', 'hello again']) await relay.post(broken)
  // What comes now waits, to be skipped and moved.
  await relay.api('/integrations/log/pause', { method: 'POST' })
  for (const number of [3, 4]) await relay.post(commented(number, { story: '110', text: 'Engage' }))

  for (const [method, , filled, body, action] of CALLS) {
    const { status } = await relay.api(filled, { method, body })
    t.ok(status < 300, `${method} ${filled} answers ${status}`)
    const { items } = (await relay.api('/audit?limit=1')).json() as { items: object[] }
    t.match(items, [{ who: 'kirk', action }], `${method} ${filled}`)
  }
  t.strictSame(
    [...CALLS.map(([method, path]) => `${method} /api/v1${path}`), ...ONLY_LOOKS].sort(),
    operations.flatMap(({ method, path }) => (method === 'GET' ? [] : [`${method} ${path}`])).sort(),
    'these are all',
  )
  t.strictSame([...new Set(CALLS.map(([, , , , action]) => action)), ...ELSEWHERE].sort(), [...ACTIONS].sort())
})
