import t from 'tap'
import { createDoubtsFirst } from '../../src/queue/doubts-first.ts'

t.test('what is in doubt is asked about alone, before anything else is sent to the same place', async (t) => {
  const { turn } = createDoubtsFirst()
  t.strictSame(turn(null, 0, 1000), { type: 'free' })
  t.strictSame(turn({ id: 7, dueAt: 6000 }, 0, 1000), { type: 'wait', until: 6000 }, 'the attempt may still be at work')
  t.match(turn({ id: 7, dueAt: 6000 }, 2, 6000), { type: 'wait' }, 'others are still under way')
  t.strictSame(turn({ id: 7, dueAt: 6000 }, 0, 6000), { type: 'ask', id: 7 })
  t.strictSame(turn(null, 0, 7000), { type: 'free' })
})

t.test('a question that cannot be answered stops the others only for a while', async (t) => {
  const { turn } = createDoubtsFirst()
  const doubt = { id: 7, dueAt: 0 }
  for (let question = 1; question <= 5; question += 1) t.match(turn(doubt, 0, question), { type: 'ask' })
  t.strictSame(turn(doubt, 0, 6), { type: 'free' })
  t.match(turn({ id: 8, dueAt: 0 }, 0, 7), { type: 'ask', id: 8 }, 'another one is asked about')
  turn(null, 0, 8)
  t.match(turn(doubt, 0, 9), { type: 'ask' })
})
