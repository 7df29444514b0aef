import t from 'tap'
import { createDoubtsFirst, type Doubt } from '../../src/queue/doubts-first.ts'

const doubt = (id: number, dueAt: number, more: Partial<Doubt> = {}): Doubt => ({
  id,
  dueAt,
  isUnderWay: false,
  ...more,
})

t.test('what is in doubt is asked about alone, before anything else is sent to the same place', async (t) => {
  const { turn } = createDoubtsFirst(0)
  t.strictSame(turn(null, 0, 1000), { type: 'free' })
  const wait = turn(doubt(7, 6000), 0, 1000)
  t.strictSame(wait, { type: 'wait', until: 6000 }, 'the attempt may still be at work')
  t.match(turn(doubt(7, 6000), 2, 6000), { type: 'wait' }, 'others are still under way')
  t.strictSame(turn(doubt(7, 6000), 0, 6000), { type: 'ask', id: 7, early: false })
  t.strictSame(turn(null, 0, 7000), { type: 'free' })
})

t.test('what is due only in an hour is asked about as soon as the last write must have landed', async (t) => {
  const { turn, cleared, asked } = createDoubtsFirst(0)
  t.strictSame(turn(null, 0, 1000), { type: 'free' })
  t.strictSame(turn(doubt(7, 3_600_000), 3, 1500), { type: 'wait', until: 11_000 })
  t.strictSame(turn(doubt(7, 3_600_000), 0, 2000), { type: 'wait', until: 11_500 }, 'another one ended at 1500')
  t.strictSame(turn(doubt(7, 3_600_000), 0, 11_500), { type: 'ask', id: 7, early: true })
  asked(7, true)
  t.strictSame(cleared(12_000), [7], 'if it is not there, nobody waits for it')
  t.strictSame(turn(doubt(8, 3_700_000), 0, 12_000), { type: 'ask', id: 8, early: true }, 'nothing was sent since')
  asked(8, false)
  t.strictSame(cleared(12_500), [7])
  t.strictSame(turn(doubt(8, 3_700_000), 0, 12_500), { type: 'wait', until: 3_700_000 }, 'it could not be asked')
  t.strictSame(cleared(3_600_000), [], 'whose time has come is asked about once more')
  t.strictSame(turn(doubt(7, 3_600_000), 0, 3_600_000), { type: 'ask', id: 7, early: false })
})

t.test('what another process is carrying out is waited for', async (t) => {
  const { turn } = createDoubtsFirst(0)
  t.strictSame(turn(doubt(7, 90_000, { isUnderWay: true }), 0, 60_000), { type: 'wait', until: 90_000 })
})

t.test('a question that cannot be answered stops the others only for a while', async (t) => {
  const { turn } = createDoubtsFirst(0)
  const due = doubt(7, 0)
  for (let question = 1; question <= 5; question += 1) t.match(turn(due, 0, question), { type: 'ask' })
  t.strictSame(turn(due, 0, 6), { type: 'free' })
  t.match(turn(doubt(8, 0), 0, 7), { type: 'ask', id: 8 }, 'another one is asked about')
  turn(null, 0, 8)
  t.match(turn(due, 0, 9), { type: 'ask' })
})
