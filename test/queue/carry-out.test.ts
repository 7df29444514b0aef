import t from 'tap'
import type { Session } from '../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import { carryOut, type Surroundings } from '../../src/queue/carry-out.ts'
import type { Taken } from '../../src/store/delivery.ts'

const DELIVERY = { key: 'dlv_1', effect: { kind: 'forward' }, inDoubtSince: null } as unknown as Taken
const IN_DOUBT = { ...DELIVERY, inDoubtSince: 1000 }

function around(session: Session, more: Partial<Surroundings> = {}): Surroundings {
  return {
    session,
    ticketOf: null,
    background: async () => ({ story: null, occurredAt: new Date(0), overtaken: false }),
    activity: () => Promise.reject(new Error('not asked for')),
    superseded: async () => null,
    digest: async () => null,
    keep: async () => true,
    ownWrites: null,
    receipted: async () => new Set(),
    latest: async () => null,
    ...more,
  }
}

t.test('after a doubtful attempt the target is asked, and only a no or a shrug lets the effect be sent', async (t) => {
  const sent: string[] = []
  const session = (confirm: Session['confirm']): Session => ({
    ...(confirm === undefined ? {} : { confirm }),
    async perform({ key }) {
      sent.push(key)
      return { id: '1' }
    },
  })
  t.match(await carryOut(IN_DOUBT, around(session(async () => ({ id: '7' })))), {
    confirmed: true,
    receipt: { id: '7' },
  })
  t.strictSame(sent, [])
  t.match(await carryOut(IN_DOUBT, around(session(async () => 'absent'))), { confirmed: false })
  t.match(await carryOut(IN_DOUBT, around(session(async () => 'cannot tell'))), { confirmed: false })
  t.match(await carryOut(IN_DOUBT, around(session(undefined))), { confirmed: false })
  t.equal(sent.length, 3)
  const asked: unknown[] = []
  await carryOut(DELIVERY, around(session(async () => asked.push(1) as never)))
  t.strictSame(asked, [], 'without a doubt nobody is asked')
})

t.test('our own mistake before the first request causes no doubt, and never counts against the target', async (t) => {
  const broken = async (): Promise<never> => {
    throw new TypeError('undefined is not a function')
  }
  const fine: Session = { perform: async () => ({}) }
  const before = await carryOut(DELIVERY, around(fine, { background: broken }))
  t.match(before, { type: 'failed', targetAsked: false, error: { verdict: 'retry' } })
  const during = await carryOut(DELIVERY, around({ perform: broken }))
  t.match(during, { type: 'failed', targetAsked: false, error: { verdict: 'in doubt' } })
})

t.test('what is foretold is taken back if the target refused it, and stays if that is not known', async (t) => {
  const write = { page: 'https://github.com/starfleet/enterprise/issues/5', changes: ['closed'] } as const
  const deeds: string[] = []
  const ownWrites: Surroundings['ownWrites'] = {
    foretell: async (_, { changes }) => void deeds.push(`foretold ${changes}`),
    takeBack: async () => void deeds.push('taken back'),
  }
  const ending = (error: Error | null, isForetold = true): Session => ({
    async perform(job) {
      if (isForetold) await job.foretell(write)
      if (error !== null) throw error
      return {}
    },
  })
  for (const [error, isForetold, expected] of [
    [null, true, ['foretold closed']],
    [new DeliveryError('dead', 'refused'), true, ['foretold closed', 'taken back']],
    [new DeliveryError('in doubt', 'no answer'), true, ['foretold closed']],
    [new TypeError('undefined is not a function'), true, ['foretold closed']],
    // Then what an earlier attempt in doubt foretold may have happened.
    [new DeliveryError('hold', 'down'), false, []],
  ] as const) {
    deeds.splice(0)
    await carryOut(DELIVERY, around(ending(error, isForetold), { ownWrites }))
    t.strictSame(deeds, expected, error?.message ?? 'done')
  }
  const cannot = { ...ownWrites, foretell: () => Promise.reject(new Error('the disk is full')) }
  t.match(await carryOut(DELIVERY, around(ending(null), { ownWrites: cannot })), {
    type: 'failed',
    error: { verdict: 'retry', message: /^nothing was sent: .*the disk is full/ },
  })
})

t.test("the session's own verdict is kept", async (t) => {
  const error = new DeliveryError('dead', 'no such room', { status: 404 })
  const result = await carryOut(DELIVERY, around({ perform: () => Promise.reject(error) }))
  t.strictSame(result, { type: 'failed', error })
})

t.test('what a session says is over is skipped, with its reason', async (t) => {
  const session: Session = { perform: () => Promise.reject(new DeliveryError('skip', 'the ticket is closed')) }
  t.strictSame(await carryOut(DELIVERY, around(session)), { type: 'skipped', why: 'the ticket is closed' })
})

t.test('what is superseded or not linked is skipped without a word to the target', async (t) => {
  const session: Session = { perform: () => Promise.reject(new Error('must not be asked')) }
  t.match(await carryOut(DELIVERY, around(session, { superseded: async () => 'superseded: so the worker says' })), {
    type: 'skipped',
    why: /^superseded/,
  })
  t.match(await carryOut(DELIVERY, around(session, { ticketOf: async () => ({ notLinked: null }) })), {
    type: 'skipped',
    why: 'not linked',
  })
})
