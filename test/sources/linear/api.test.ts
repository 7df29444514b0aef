import t from 'tap'
import type { SourceSession } from '../../../src/sources/contract/source.ts'
import linear from '../../../src/sources/linear/index.ts'
import { type Answer, type Recorded, startStandIn } from '../../../src/stand-ins/stand-in.ts'
import { openClient } from '../../harness.ts'
import { configuredSource } from '../recorded.ts'
import { SECRET, STATES } from './requests.ts'

const KEY = 'lin_api_0123456789'

type Test = Parameters<typeof openClient>[0]

/** Linear's GraphQL, as far as it is asked: two pages of states, for a valid key alone. */
function answer({ headers, body }: Recorded): Answer {
  const json = (status: number, value: object): Answer => ({ status, body: JSON.stringify(value) })
  const denied = { message: 'Authentication required', extensions: { code: 'AUTHENTICATION_ERROR' } }
  if (headers.authorization !== KEY && headers.authorization !== 'Bearer oauth-token')
    return json(401, { errors: [denied] })
  const { query, variables } = JSON.parse(body.toString()) as { query: string; variables: { after: string | null } }
  if (!query.includes('workflowStates(first: 250, after: $after)'))
    return json(400, { errors: [{ message: 'syntax' }] })
  const all = [...STATES.values()].map(({ id, name, category }) => ({
    ...{ id, name, type: category },
    team: { key: 'WEB', name: 'Webhooks' },
  }))
  const nodes = variables.after === null ? all.slice(0, 3) : all.slice(3)
  const pageInfo = { hasNextPage: variables.after === null, endCursor: 'the-third' }
  return json(200, { data: { workflowStates: { nodes, pageInfo } } })
}

async function open(t: Test, { token = KEY, states = {} } = {}) {
  const standIn = await startStandIn(answer)
  t.teardown(standIn.close)
  const settings = { signing_secret: SECRET, token, states, api_url: `${standIn.url}/graphql` }
  const { send } = openClient(t)
  const waits: number[] = []
  let now = 0
  // Ends only if the test says so, since what is asked for here comes.
  let end = (): void => {}
  const tools = {
    ...{ send, now: () => now, steady: () => now },
    pause: async (ms: number) => {
      waits.push(ms)
      await new Promise<void>((resolve) => {
        end = resolve
      })
    },
  }
  const session = configuredSource(linear, settings).open?.(tools)
  if (session === undefined) throw new Error('there is a token')
  return {
    session: session as SourceSession,
    standIn,
    advance: (ms: number) => (now += ms),
    waits,
    endWait: () => end(),
  }
}

t.test('the states of all pages are asked for once, and remembered', async (t) => {
  const { session, standIn, advance } = await open(t)
  const [first] = STATES.keys()
  const found = await Promise.all([...STATES.keys()].map((id) => session.directory.state(id)))
  t.strictSame(found, [...STATES.values()])
  t.equal(standIn.requests.length, 2)
  t.equal(await session.directory.state('an-id-that-is-not-there'), null)
  t.equal(standIn.requests.length, 2, 'it was asked a moment ago')
  advance(61_000)
  t.equal(await session.directory.state('an-id-that-is-not-there'), null)
  t.equal(standIn.requests.length, 4)
  t.match(await session.directory.state(first ?? ''), { name: 'Todo' })
  t.equal(await session.directory.person('somebody'), null)
})

t.test('a Linear that does not answer holds a hook up for two seconds at most', async (t) => {
  const { session, standIn, advance, waits, endWait } = await open(t)
  await session.directory.state('x')
  standIn.down('hang')
  advance(61_000)
  const asked = session.directory.state('y')
  endWait()
  t.equal(await asked, null)
  t.equal(await session.directory.state('z'), null, 'and not once more for the next id')
  t.strictSame(waits, [2000, 2000])
  const [first] = STATES.keys()
  t.match(await session.directory.state(first ?? ''), { name: 'Todo' }, 'what is known is known')
})

t.test('check lists what each state means, and which settings name none', async (t) => {
  const { session } = await open(t, { states: { 'in review': 'delivered', Shipped: 'accepted' } })
  t.strictSame(await session.check(), [
    {
      level: 'ok',
      setting: 'states',
      message:
        'Webhooks (WEB): Todo is unstarted, In Progress is started, In Review is delivered, Done is accepted, Canceled is cancelled',
    },
    { level: 'warning', setting: 'states', message: 'no state is called "Shipped"' },
  ])
})

t.test('a token that Linear rejects is told with what to do', async (t) => {
  const { session } = await open(t, { token: 'lin_api_wrong_one' })
  await t.rejects(session.check(), { message: /rejects the token \(401: Authentication required\)/ })
  const oauth = await open(t, { token: 'oauth-token' })
  t.match(await oauth.session.check(), [{ level: 'ok' }])
})
