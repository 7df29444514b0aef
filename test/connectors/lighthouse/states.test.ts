import t from 'tap'
import { failure } from '../../harness.ts'
import { confirmBy, openAccount, performBy, stateJob } from './lighthouse-account.ts'

const isPut = ({ method }: { method: string }): boolean => method === 'PUT'
const isGet = ({ method }: { method: string }): boolean => method === 'GET'

t.test('settings and project decide which state a ticket gets', async (t) => {
  const plain = { id: 54448, members: [1] }
  const own = { ...plain, openStates: 'triage\nNew/fff\nactive # in work\nwaiting', closedStates: 'done/0f0\nwontfix' }
  const cases: [object, typeof plain, Record<string, string>][] = [
    [{}, plain, { started: 'open', finished: 'open', accepted: 'resolved', rejected: 'open' }],
    [{}, own, { started: 'active', finished: 'active', accepted: 'done', rejected: 'active' }],
    [
      {},
      { ...own, openStates: 'todo\ndoing' },
      { started: 'todo', finished: 'todo', accepted: 'done', rejected: 'todo' },
    ],
    [
      { states: { started: 'waiting' } },
      own,
      { started: 'waiting', finished: 'waiting', accepted: 'done', rejected: 'waiting' },
    ],
    [
      { states: { unstarted: 'new', finished: 'HOLD', delivered: 'hold', accepted: 'invalid', rejected: '' } },
      plain,
      { unstarted: 'new', started: 'open', finished: 'hold', delivered: 'hold', accepted: 'invalid' },
    ],
    [
      { states: { unscheduled: 'waiting', planned: 'active' } },
      own,
      {
        unscheduled: 'waiting',
        planned: 'active',
        started: 'active',
        finished: 'active',
        accepted: 'done',
        rejected: 'active',
      },
    ],
  ]
  const states = ['unscheduled', 'planned', 'unstarted', 'started', 'finished', 'delivered', 'accepted', 'rejected']
  for (const [settings, project, expected] of cases) {
    const { target, perform } = await openAccount(t, settings, { projects: [project], omitted: 'cleared' })
    const reached: Record<string, string> = {}
    for (const [index, state] of states.entries()) {
      const number = index + 1
      target.addTicket({ number, state: 'elsewhere', title: 'Kept', tag: 'kept' })
      await perform(stateJob(state, String(number)))
      const ticket = target.ticket(number)
      if (ticket.state !== 'elsewhere') reached[state] = ticket.state
      t.strictSame([ticket.title, ticket.tag, target.comments(number)], ['Kept', 'kept', []])
    }
    t.strictSame(reached, expected)
    t.equal(target.writes().length, Object.keys(expected).length, 'one write for each')
  }
})

t.test('the ticket of a story that is no longer accepted is opened again, whatever its state is now', async (t) => {
  const cases: [settings: object, state: string, from: string | null, reached: string][] = [
    [{}, 'delivered', 'accepted', 'open'],
    [{}, 'unstarted', 'accepted', 'open'],
    [{}, 'finished', 'accepted', 'open'],
    [{}, 'delivered', 'finished', 'resolved'],
    [{}, 'delivered', null, 'resolved'],
    [{ states: { delivered: '' } }, 'delivered', 'accepted', 'resolved'],
    [{ states: { delivered: 'hold' } }, 'delivered', 'accepted', 'hold'],
  ]
  for (const [index, [settings, state, from, reached]] of cases.entries()) {
    const { target, perform } = await openAccount(t, settings, { projects: [{ id: 54448, members: [1] }] })
    target.addTicket({ number: 7, state: 'resolved', title: 'Kept' })
    const job = stateJob(state, '7')
    await perform({ ...job, effect: { ...job.effect, from } as typeof job.effect })
    t.equal(target.ticket(7).state, reached, `${index}: ${state} after ${from}`)
  }
})

t.test('a state is one change without a note', async (t) => {
  const { target, perform } = await openAccount(t, { full_update: false })
  target.addTicket({ number: 5 })
  t.strictSame(await perform(stateJob('accepted')), { url: `${target.url}/projects/54448/tickets/5` })
  t.strictSame(
    target.writes().map(({ body }) => JSON.parse(body.toString())),
    [{ ticket: { state: 'resolved' } }],
  )
})

t.test('a ticket that is already in the state is not written to', async (t) => {
  const { target, perform } = await openAccount(t)
  target.addTicket({ number: 5, state: 'open' })
  t.strictSame(await perform(stateJob('started')), {
    url: `${target.url}/projects/54448/tickets/5`,
    note: 'already in state open',
  })
  t.strictSame(target.writes(), [])
})

t.test('an accepted story leaves a ticket as a person has closed it, unless the settings name a state', async (t) => {
  for (const state of ['resolved', 'hold', 'Invalid']) {
    const { target, again, perform, confirm } = await openAccount(t)
    target.addTicket({ number: 5, state })
    const there = { url: `${target.url}/projects/54448/tickets/5`, note: `already in state ${state}` }
    t.strictSame(await perform(stateJob('accepted')), there)
    t.strictSame(await confirm(stateJob('accepted')), there)
    t.strictSame(target.writes(), [])
    await performBy(again({ states: { accepted: 'resolved' } }), stateJob('accepted'))
    t.equal(target.ticket(5).state, 'resolved')
  }
})

t.test('a project without a state to go to leaves the ticket as it is', async (t) => {
  const { target, perform } = await openAccount(
    t,
    {},
    {
      projects: [{ id: 54448, members: [1], openStates: 'new', closedStates: '' }],
    },
  )
  target.addTicket({ number: 5 })
  t.match(await perform(stateJob('started')), { note: /no open state after/ })
  t.match(await perform(stateJob('accepted')), { note: /no closed state/ })
  t.strictSame(target.writes(), [])
})

t.test('after a lost answer the state is found, and is not set twice', async (t) => {
  const { target, perform, confirm } = await openAccount(t)
  target.addTicket({ number: 5 })
  target.fault('lose the answer', { where: isPut })
  t.equal((await failure(perform(stateJob('accepted')))).verdict, 'in doubt')
  t.strictSame(await confirm(stateJob('accepted')), {
    url: `${target.url}/projects/54448/tickets/5`,
    note: 'already in state resolved',
  })
  t.equal(target.writes().length, 1)
})

t.test('an OK that changed nothing ends the delivery', async (t) => {
  const { target, perform } = await openAccount(t, {}, { projects: [{ id: 54448, public: true, members: [2] }] })
  target.addTicket({ number: 5 })
  const error = await failure(perform(stateJob('accepted')))
  t.equal(error.verdict, 'dead')
  t.match(error.message, /member of project 54448/)
  t.equal(target.ticket(5).state, 'new')
})

t.test('a state that cannot be read back is in doubt, with the wait that Lighthouse asks for', async (t) => {
  const { target, perform, confirm } = await openAccount(t)
  target.addTicket({ number: 5 })
  target.limit(3, 40)
  const { verdict, retryAfterMs } = await failure(perform(stateJob('accepted')))
  t.strictSame({ verdict, retryAfterMs }, { verdict: 'in doubt', retryAfterMs: 40_000 })
  target.limit(null)
  t.match(await confirm(stateJob('accepted')), { note: 'already in state resolved' })
})

t.test(
  "a state that the project does not have ends only this delivery, and the message lists the project's states",
  async (t) => {
    for (const unknownState of ['refused', 'ignored'] as const) {
      const { target, perform } = await openAccount(t, { states: { accepted: 'Shipped' } }, { unknownState })
      target.addTicket({ number: 5 })
      const error = await failure(perform(stateJob('accepted')))
      t.equal(error.verdict, 'dead')
      t.match(error.message, /"Shipped".*new, open, resolved, hold, invalid/)
      t.strictSame(target.writes(), [])
      await perform(stateJob('started'))
      t.equal(target.ticket(5).state, 'open')
    }
  },
)

t.test('the lists of states are read every ten minutes, and at once if a state is not in them', async (t) => {
  let at = Date.parse('2026-01-01T00:00:00Z')
  const { target, again } = await openAccount(t)
  const session = again({ states: { accepted: 'shipped', started: 'open' } }, { now: () => new Date(at) })
  const reads = (): number => target.requests.filter(({ path }) => path === '/projects/54448.json').length
  target.addTicket({ number: 5 })
  await performBy(session, stateJob('started'))
  await confirmBy(session, stateJob('started'))
  t.equal(reads(), 1)
  at += 11 * 60 * 1000
  await confirmBy(session, stateJob('started'))
  t.equal(reads(), 2, 'after ten minutes')
  target.setStates(54448, 'new\nopen', 'shipped')
  await performBy(session, stateJob('accepted'))
  t.equal(reads(), 3)
  t.equal(target.ticket(5).state, 'shipped')
})

t.test('a ticket that someone else moves at the same time is not a failure', async (t) => {
  const { target, perform } = await openAccount(t)
  target.addTicket({ number: 5 })
  target.fault(
    {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ticket: { title: 'Ticket 5', state: 'hold' } }),
    },
    { where: (request) => isGet(request) && target.writes().length > 0 },
  )
  t.strictSame(await perform(stateJob('accepted')), { url: `${target.url}/projects/54448/tickets/5` })
})
