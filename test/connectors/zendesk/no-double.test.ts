import t from 'tap'
import type { Job } from '../../../src/connectors/contract/connector.ts'
import { markerOf } from '../../../src/connectors/kit/marker.ts'
import { agent } from '../../../src/stand-ins/zendesk.ts'
import { failureSeen } from '../../harness.ts'
import { became, byClient, jobOn, opened, remark, sessionOn, TICKET } from './opened.ts'

const isUpdate = ({ method }: { method: string }): boolean => method === 'PUT'
const jean = { id: 7, name: 'Jean-Luc', email: 'jl@acme.example', role: 'admin' as const }
const marker = markerOf('dlv_0123456789abcdef')

t.test('a comment whose answer was lost is in doubt, and then found', async (t) => {
  const { zendesk, session, clock } = await opened(t)
  const since = clock.now()
  zendesk.fault('lose the answer', { where: isUpdate })
  t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'in doubt' })
  clock.pass(60_000)
  const [comment] = zendesk.comments(TICKET)
  t.strictSame(await session.confirm(jobOn(remark), since), {
    id: String(comment?.id),
    url: `${zendesk.url}/agent/tickets/${TICKET}`,
    note: 'already there',
  })
  t.equal(zendesk.comments(TICKET).length, 1)
})

t.test('an update that broke off half-way through its answer is in doubt, and then found', async (t) => {
  const { zendesk, session, clock } = await opened(t)
  const since = clock.now()
  zendesk.fault('reset mid-body', { where: isUpdate })
  t.match(await failureSeen(session.perform(jobOn(became('started')))), { verdict: 'in doubt' })
  t.match(await session.confirm(jobOn(became('started')), since), { note: 'already there' })
  t.equal(zendesk.tickets.get(TICKET)?.status, 'open')
})

t.test('an answer of 500 or a time limit that ran out leaves the update in doubt', async (t) => {
  const { zendesk, session } = await opened(t, { timeoutMs: 2000 })
  zendesk.fault({ status: 500, body: 'oops' }, { where: isUpdate })
  t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'in doubt', status: 500 })
  zendesk.fault('hang', { where: isUpdate })
  t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'in doubt' })
})

t.test('a 200 that is not about the ticket and its comment is not believed', async (t) => {
  const { zendesk, session } = await opened(t)
  for (const body of [
    '<html>Log in</html>',
    '{}',
    '{"ticket":{"id":1,"status":"open","updated_at":"x"},"audit":{"events":[]}}',
  ]) {
    zendesk.fault({ status: 200, headers: { 'content-type': 'application/json' }, body }, { where: isUpdate })
    t.match(await failureSeen(session.perform(jobOn(remark))), {
      verdict: 'in doubt',
      message: `Zendesk answered 200, but not with ticket ${TICKET} and its new comment`,
    })
  }
  t.strictSame(zendesk.comments(TICKET), [])
})

t.test('a first try that lands after the look is not followed by a second comment', async (t) => {
  const { zendesk, session, clock } = await opened(t)
  const since = clock.now()
  zendesk.fault('reset', { where: isUpdate })
  await failureSeen(session.perform(jobOn(remark)))
  t.equal(await session.confirm(jobOn(remark), since), 'absent')
  clock.pass(2000)
  const late = zendesk.write(TICKET, agent.id, `<p>James Kirk commented: the dilithium is low</p><p>${marker}</p>`)
  t.strictSame(await session.perform(jobOn(remark)), {
    id: String(late.id),
    url: `${zendesk.url}/agent/tickets/${TICKET}`,
    note: 'already there',
  })
  t.equal(zendesk.comments(TICKET).length, 1)
})

t.test("a person's change between read and write is not overwritten, and the next try goes through", async (t) => {
  const { zendesk, session, clock } = await opened(t)
  const since = clock.now()
  t.equal(await session.confirm(jobOn(became('started')), since), 'absent')
  clock.pass(5000)
  zendesk.write(TICKET, 7, '<p>I have it</p>')
  const ticket = zendesk.tickets.get(TICKET)
  if (ticket !== undefined) ticket.status = 'pending'
  t.strictSame(await failureSeen(session.perform(jobOn(became('started')))), {
    verdict: 'retry',
    message: `Zendesk's ticket ${TICKET} was changed by someone else at the same moment`,
    status: 409,
    retryAfterMs: 2000,
  })
  await session.perform(jobOn(became('started')))
  t.equal(ticket?.status, 'pending')
  t.equal(zendesk.comments(TICKET).length, 2)
})

t.test(
  'neither the same text, nor a marker by someone else, in public, quoted or of an earlier time is taken for it',
  async (t) => {
    const { zendesk, session, clock } = await opened(t, { users: [agent, jean] })
    const same = '<p>James Kirk commented: the dilithium is low</p>'
    const { id: before } = zendesk.write(TICKET, agent.id, `${same}<p>${marker}</p>`)
    clock.pass(60_000)
    const since = clock.now()
    clock.pass(1000)
    zendesk.write(TICKET, agent.id, same)
    zendesk.write(TICKET, jean.id, `${same}<p>${marker}</p>`)
    zendesk.write(TICKET, agent.id, `${same}<p>${marker}</p>`, { public: true })
    zendesk.write(TICKET, agent.id, `<p>Q commented: see ${marker} there</p><p>${markerOf('dlv_other')}</p>`)
    const replayed: Job = { ...jobOn(remark), receipted: async () => new Set([String(before)]) }
    t.equal(await session.confirm(replayed, since), 'absent')
    const own = zendesk.write(TICKET, agent.id, `${same}<p>${marker}</p>`)
    t.match(await session.confirm(replayed, since), { id: String(own.id) })
  },
)

t.test('the comment is found behind many newer ones, whatever order Zendesk lists them in', async (t) => {
  for (const ignoresSort of [false, true]) {
    const { zendesk, session, clock } = await opened(t, { users: [agent, jean], ignoresSort })
    for (let count = 0; count < 15; count++) zendesk.write(TICKET, jean.id, '<p>before</p>')
    clock.pass(60_000)
    const since = clock.now()
    zendesk.fault('lose the answer', { where: isUpdate })
    await failureSeen(session.perform(jobOn(remark)))
    for (let count = 0; count < 25; count++) {
      clock.pass(1000)
      zendesk.write(TICKET, jean.id, '<p>after</p>')
    }
    t.match(await session.confirm(jobOn(remark), since), { note: 'already there' })
  }
})

t.test('looking stops at the first page that is older than the attempt', async (t) => {
  const { zendesk, session, clock } = await opened(t, { users: [agent, jean] })
  for (let count = 0; count < 40; count++) {
    clock.pass(60_000)
    zendesk.write(TICKET, jean.id, '<p>before</p>')
  }
  clock.pass(25 * 3_600_000)
  t.equal(await session.confirm(jobOn(remark), clock.now()), 'absent')
  t.equal(zendesk.requests.filter(({ path }) => path.endsWith('/comments.json')).length, 1)
})

t.test('a clock of Zendesk that is an hour behind ours hides nothing', async (t) => {
  const { zendesk, clock } = await opened(t)
  const hour = 3_600_000
  const session = sessionOn(t, zendesk, {
    settings: byClient,
    clock: { ...clock, now: () => new Date(clock.now().getTime() + hour) },
  })
  const since = new Date(clock.now().getTime() + hour)
  zendesk.fault('lose the answer', { where: isUpdate })
  await failureSeen(session.perform(jobOn(remark)))
  clock.pass(30_000)
  t.match(await session.confirm(jobOn(remark), since), { note: 'already there' })
})

t.test(
  'a replay is not taken for the comment before, though the clock of Zendesk is an hour ahead of ours',
  async (t) => {
    const { zendesk, clock } = await opened(t)
    const behind = (): Date => new Date(clock.now().getTime() - 3_600_000)
    const session = sessionOn(t, zendesk, { settings: byClient, clock: { ...clock, now: behind } })
    const { id: first } = await session.perform(jobOn(remark))
    clock.pass(60_000)
    const since = behind()
    const replayed: Job = { ...jobOn(remark), receipted: async () => new Set([String(first)]) }
    t.equal(await session.confirm(replayed, since), 'absent')
    clock.pass(1000)
    await session.perform(jobOn(remark))
    const [, again] = zendesk.comments(TICKET)
    t.match(await session.confirm(replayed, since), { id: String(again?.id) })
  },
)

t.test('a ticket that is gone has no comment', async (t) => {
  const { zendesk, session, clock } = await opened(t)
  zendesk.tickets.delete(TICKET)
  t.equal(await session.confirm(jobOn(remark), clock.now()), 'absent')
})

t.test('a look-up that fails is not an answer: it is tried again or held, never taken for absent', async (t) => {
  const { zendesk, session, clock } = await opened(t)
  zendesk.fault('lose the answer', { where: ({ path }) => path.endsWith('/comments.json') })
  t.match(await failureSeen(session.confirm(jobOn(remark), clock.now())), { verdict: 'retry' })
  zendesk.fault({ status: 502 }, { where: ({ path }) => path.endsWith('/comments.json') })
  t.match(await failureSeen(session.confirm(jobOn(remark), clock.now())), { verdict: 'retry', status: 502 })
  zendesk.fault(
    { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
    { where: ({ path }) => path.endsWith('/comments.json') },
  )
  t.match(await failureSeen(session.confirm(jobOn(remark), clock.now())), { verdict: 'hold' })
})
