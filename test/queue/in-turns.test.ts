import t from 'tap'
import { inTurns } from '../../src/queue/in-turns.ts'

/** A turn that goes on when it is told to. */
function held(takeTurn: ReturnType<typeof inTurns>, name: string, bytes = 0) {
  let goOn = (): void => {}
  const told = new Promise<void>((resolve) => {
    goOn = resolve
  })
  return { done: takeTurn(name, bytes)(() => told), goOn: () => goOn() }
}

/** How many bodies get a turn before one is refused. */
function filled(takeTurn: ReturnType<typeof inTurns>, name: string, bytes: number): Promise<void>[] {
  const turns: Promise<void>[] = []
  for (;;)
    try {
      turns.push(takeTurn(name, bytes)(async () => {}))
    } catch (error) {
      t.match(error, { name: 'StoreError', reason: 'overloaded', message: new RegExp(`project ${name} `) })
      return turns
    }
}

const MIB = 1024 * 1024
const OVER = { name: 'StoreError', reason: 'overloaded' }

t.test('work of one name is done in order, and other work beside it', async (t) => {
  const takeTurn = inTurns()
  const done: string[] = []
  const first = held(takeTurn, 'a')
  const second = takeTurn('a', 0)(async () => void done.push('a2'))
  await takeTurn('b', 0)(async () => void done.push('b1'))
  done.push('a1')
  first.goOn()
  await Promise.all([first.done, second])
  t.strictSame(done, ['b1', 'a1', 'a2'])
})

t.test('the order is that in which the turns were taken, not that in which the work is ready', async (t) => {
  const takeTurn = inTurns()
  const done: string[] = []
  const first = takeTurn('a', 0)
  const second = takeTurn('a', 0)(async () => void done.push('second'))
  await first(async () => void done.push('first'))
  await second
  t.strictSame(done, ['first', 'second'])
})

t.test('what fails holds nothing up', async (t) => {
  const takeTurn = inTurns()
  const failed = takeTurn('a', 0)(async () => Promise.reject(new Error('no')))
  const after = takeTurn('a', 0)(async () => 'yes')
  await t.rejects(failed, { message: 'no' })
  t.equal(await after, 'yes')
  await t.rejects(
    takeTurn('a', 0)(async () => Promise.reject(new Error('last'))),
    { message: 'last' },
    'also the last one, which nobody waits behind',
  )
  await new Promise((resolve) => setImmediate(resolve))
})

t.test('slow ones share what may wait, and leave room for the others', async (t) => {
  const takeTurn = inTurns(64 * MIB)
  const slow = ['a', 'b', 'c'].map((name) => held(takeTurn, name))
  const waiting = ['a', 'b', 'c'].map((name) => filled(takeTurn, name, MIB))
  t.ok((waiting[0]?.length ?? 0) >= 30, 'one that is slow alone gets half')
  const [, second = [], third = []] = waiting
  t.ok(second.length >= 15 && third.length >= 7, `those after it get half of what is left: ${second.length}`)
  const other = takeTurn('other', 4 * MIB)(async () => 'stored')
  t.equal(await other, 'stored')
  for (const each of slow) each.goOn()
  await Promise.all([...slow.map(({ done }) => done), ...waiting.flat()])
  t.ok(filled(takeTurn, 'd', MIB).length >= 30, 'and there is room again afterwards')
})

t.test('one body gets a turn however large it is, and small ones count for what a request takes', async (t) => {
  const takeTurn = inTurns(MIB)
  const large = held(takeTurn, 'a', 100 * MIB)
  t.throws(() => takeTurn('a', 0), OVER)
  const small = held(takeTurn, 'b')
  t.throws(() => takeTurn('b', 0), OVER, 'nothing is left')
  large.goOn()
  await large.done
  await new Promise((resolve) => setImmediate(resolve))
  const many = filled(takeTurn, 'b', 0)
  t.ok(many.length > 20 && many.length < 100, `${many.length}`)
  small.goOn()
  await Promise.all([small.done, ...many])
})
