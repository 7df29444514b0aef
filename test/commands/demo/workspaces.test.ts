import t from 'tap'
import { asSent } from '../../../src/commands/demo/workspaces/day.ts'

t.test('every third event comes twice, after the next one, and every tenth after the next two', async (t) => {
  const events = Array.from({ length: 23 }, (_, index) => ({ number: index + 1 }))
  const sent = asSent(events).map(
    ({ number, isRepeat, isLate }) => `${number}${isRepeat ? ' again' : isLate ? ' late' : ''}`,
  )
  t.strictSame(sent.slice(0, 18), [
    ...['1', '2', '3', '4', '3 again', '5', '6', '7', '6 again', '8', '9', '9 again'],
    ...['11', '12', '10 late', '13', '12 again', '14'],
  ])
  t.strictSame(sent.slice(-6), ['19', '18 again', '21', '22', '21 again', '20 late', '23'].slice(-6))
  t.equal(sent.length, 23 + 7)
})
