import t from 'tap'
import { inTurns } from '../../src/queue/in-turns.ts'
import { StoreError } from '../../src/store/store-error.ts'

t.test('work of one name is done in order, and other work beside it', async (t) => {
  const inTurn = inTurns()
  const done: string[] = []
  let goOn = (): void => {}
  const first = inTurn('a', async () => {
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
    done.push('a1')
  })
  const second = inTurn('a', async () => void done.push('a2'))
  await inTurn('b', async () => void done.push('b1'))
  goOn()
  await Promise.all([first, second])
  t.strictSame(done, ['b1', 'a1', 'a2'])
})

t.test('what fails holds nothing up', async (t) => {
  const inTurn = inTurns()
  const failed = inTurn('a', async () => Promise.reject(new Error('no')))
  const after = inTurn('a', async () => 'yes')
  await t.rejects(failed, { message: 'no' })
  t.equal(await after, 'yes')
})

t.test('what waits is bounded, and there is room again afterwards', async (t) => {
  const inTurn = inTurns()
  let goOn = (): void => {}
  const slow = inTurn('a', () => new Promise<void>((resolve) => (goOn = resolve)))
  const waiting = Array.from({ length: 999 }, () => inTurn('a', async () => {}))
  t.throws(() => inTurn('b', async () => {}), StoreError)
  await new Promise((resolve) => setImmediate(resolve))
  goOn()
  await Promise.all([slow, ...waiting])
  await inTurn('a', async () => {})
  t.pass('there is')
})
