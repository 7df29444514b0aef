import t from 'tap'
import shortcut from '../../../src/sources/shortcut/index.ts'
import { startStandIn } from '../../../src/stand-ins/stand-in.ts'
import { openClient } from '../../harness.ts'
import { configuredSource } from '../recorded.ts'
import { PEOPLE, STATES } from './requests.ts'

const TOKEN = 'a-token-of-shortcut'
const KNOWN = '5b1fda16-626f-487f-9ecf-f3a4abf42b8b'

async function open(t: Parameters<typeof openClient>[0], settings: object = {}) {
  const standIn = await startStandIn(({ path, headers }) => {
    if (headers['shortcut-token'] !== TOKEN) return { status: 401, body: '{"message":"Unauthorized"}' }
    const members = [...PEOPLE].map(([id, name]) => ({ id, disabled: false, profile: { name, mention_name: 'x' } }))
    const states = [...STATES.values()].map(({ id, name, category }) => ({ id: Number(id), name, type: category }))
    if (path === '/api/v3/members') return { status: 200, body: JSON.stringify(members) }
    if (path === '/api/v3/workflows')
      return { status: 200, body: JSON.stringify([{ id: 500000005, name: 'Development', states }]) }
    return { status: 404, body: '{}' }
  })
  t.teardown(standIn.close)
  const { send } = openClient(t)
  const source = configuredSource(shortcut, { token: TOKEN, api_url: `${standIn.url}/api/v3/`, ...settings })
  const tools = { send, now: Date.now, steady: () => performance.now(), pause: () => new Promise<void>(() => {}) }
  const session = source.open?.(tools)
  if (session === undefined) throw new Error('there is a token')
  return { session, standIn }
}

t.test('people and states are asked for once, and a name of the settings comes first', async (t) => {
  const { session, standIn } = await open(t, { members: { 'id-of-a-robot': 'The robot' } })
  t.equal(await session.directory.person(KNOWN), 'Eeshan Garg')
  t.match(await session.directory.state('500000010'), {
    name: 'Ready for Review',
    category: 'started',
    of: 'Development',
  })
  t.equal(await session.directory.person('id-of-a-robot'), 'The robot')
  t.equal(standIn.requests.length, 2)
  const renamed = await open(t, { members: { [KNOWN]: 'Scotty' } })
  t.equal(await renamed.session.directory.person(KNOWN), 'Scotty')
})

t.test('check lists what the states of each workflow mean', async (t) => {
  const { session } = await open(t, { states: { 500000010: 'delivered' } })
  t.strictSame(await session.check(), [
    { level: 'ok', setting: 'token', message: '2 people have names' },
    {
      level: 'ok',
      setting: 'states',
      message:
        'Development: Unscheduled is unstarted, In Development is started, Ready for Review is delivered, Completed is accepted',
    },
  ])
})

t.test('what keeps the API from answering is told', async (t) => {
  const { session } = await open(t, { token: 'another-token' })
  await t.rejects(session.check(), { message: /rejects the token \(401\)/ })
  const { session: broken, standIn } = await open(t)
  standIn.down({ status: 500 })
  await t.rejects(broken.check(), { message: /answered 500; check api_url/ })
  standIn.down({ status: 200, body: '{"a": "page"}' })
  await t.rejects(broken.check(), { message: /other than a list/ })
})
