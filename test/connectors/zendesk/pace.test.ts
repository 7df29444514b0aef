import t from 'tap'
import { createPace } from '../../../src/connectors/zendesk/pace.ts'
import { clockAt, failureSeen } from '../../harness.ts'
import { byClient, jobOn, opened, remark, sessionOn, TICKET, updates } from './opened.ts'

t.test(
  'the 31st update of a ticket within ten minutes waits, without being sent and without holding the others',
  async (t) => {
    const { zendesk, session, clock } = await opened(t, { tickets: [{}, { id: 2 }] })
    for (let count = 0; count < 30; count++) {
      await session.perform(jobOn(remark, { key: `dlv_${count}` }))
      clock.pass(10_000)
    }
    t.strictSame(await failureSeen(session.perform(jobOn(remark, { key: 'dlv_30' }))), {
      verdict: 'retry',
      message: `ticket ${TICKET} has had 30 updates in ten minutes, the most that Zendesk allows`,
      status: null,
      retryAfterMs: 300_000,
    })
    t.equal(updates(zendesk).length, 30)
    await session.perform(jobOn(remark, { key: 'dlv_other', ticket: '2' }))
    clock.pass(300_000)
    await session.perform(jobOn(remark, { key: 'dlv_30' }))
    t.equal(zendesk.comments(TICKET).length, 31)
  },
)

t.test('a clock that is set back makes no ticket wait for longer', async (t) => {
  const { session, clock } = await opened(t)
  for (let count = 0; count < 30; count++) await session.perform(jobOn(remark, { key: `dlv_${count}` }))
  clock.setBack(3_600_000)
  t.match(await failureSeen(session.perform(jobOn(remark, { key: 'dlv_30' }))), { retryAfterMs: 600_000 })
  clock.pass(600_000)
  await session.perform(jobOn(remark, { key: 'dlv_30' }))
})

t.test("the ticket's limit is told from the account's when others have used it up", async (t) => {
  const { zendesk, session, clock } = await opened(t, { tickets: [{}, { id: 2 }] })
  for (let count = 0; count < 30; count++) await session.perform(jobOn(remark, { key: `dlv_${count}` }))
  const restarted = sessionOn(t, zendesk, { settings: byClient, clock })
  t.strictSame(await failureSeen(restarted.perform(jobOn(remark, { key: 'dlv_30' }))), {
    verdict: 'retry',
    message: `Zendesk takes no more updates of ticket ${TICKET} for now (30 in ten minutes)`,
    status: 429,
    retryAfterMs: 600_000,
  })
  await restarted.perform(jobOn(remark, { key: 'dlv_other', ticket: '2' }))
})

t.test("the account's limits hold the integration for as long as Zendesk asks", async (t) => {
  const updated = await opened(t, { limits: { updates: 1 } })
  await updated.session.perform(jobOn(remark))
  t.match(await failureSeen(updated.session.perform(jobOn(remark, { key: 'dlv_2' }))), {
    verdict: 'hold',
    status: 429,
    retryAfterMs: 60_000,
  })
  const asked = await opened(t, { limits: { requests: 2 } })
  t.match(await failureSeen(asked.session.perform(jobOn(remark))), {
    verdict: 'hold',
    status: 429,
    retryAfterMs: 41_000,
  })
  t.equal(asked.zendesk.comments(TICKET).length, 0)
})

t.test('a hundred updates a minute in the account, and no more', async (t) => {
  const clock = clockAt()
  const takeTurn = createPace(clock.steady)
  const refused = (ticket: string) => failureSeen((async () => takeTurn(ticket))())
  for (let count = 0; count < 100; count++) {
    takeTurn(String(count))
    clock.pass(100)
  }
  t.match(await refused('new'), { verdict: 'hold', retryAfterMs: 50_000 })
  clock.pass(50_000)
  takeTurn('new')
  t.match(await refused('next'), { verdict: 'hold', retryAfterMs: 100 })
})
