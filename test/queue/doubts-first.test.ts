import t from 'tap'
import { createDoubtsFirst, type Doubt } from '../../src/queue/doubts-first.ts'

const doubt = (id: number, dueAt: number, more: Partial<Doubt> = {}): Doubt => ({
  id,
  dueAt,
  isUnderWay: false,
  ...more,
})

const at = (time: number, running = 0, isProbe = false) => ({ at: time, running, isProbe })

t.test('what is in doubt is asked about alone, before anything else is sent to the same place', async (t) => {
  const { turn } = createDoubtsFirst(0)
  t.strictSame(turn(null, at(1000, 0)), { type: 'free' })
  const wait = turn(doubt(7, 6000), at(1000, 0))
  t.strictSame(wait, { type: 'wait', until: 6000 }, 'the attempt may still be at work')
  t.match(turn(doubt(7, 6000), at(6000, 2)), { type: 'wait' }, 'others are still under way')
  t.strictSame(turn(doubt(7, 6000), at(6000, 0)), { type: 'ask', id: 7, early: false })
  t.strictSame(turn(null, at(7000, 0)), { type: 'free' })
})

t.test('what is due only in an hour is asked about as soon as the last write must have landed', async (t) => {
  const { turn, cleared, asked } = createDoubtsFirst(0)
  t.strictSame(turn(null, at(1000, 0)), { type: 'free' })
  t.strictSame(turn(doubt(7, 3_600_000), at(1500, 3)), { type: 'wait', until: 11_000 })
  t.strictSame(turn(doubt(7, 3_600_000), at(2000, 0)), { type: 'wait', until: 11_500 }, 'another one ended at 1500')
  t.strictSame(turn(doubt(7, 3_600_000), at(11_500, 0)), { type: 'ask', id: 7, early: true })
  asked(7, true, 12_000)
  t.strictSame(cleared(12_000), [7], 'if it is not there, nobody waits for it')
  t.strictSame(turn(doubt(8, 3_700_000), at(12_000, 0)), { type: 'ask', id: 8, early: true }, 'nothing was sent since')
  asked(8, false, 12_500)
  t.strictSame(cleared(12_500), [7])
  t.strictSame(turn(doubt(8, 3_700_000), at(12_500, 0)), { type: 'wait', until: 22_500 }, 'it could not be asked')
  cleared(22_500)
  t.strictSame(turn(doubt(8, 3_700_000), at(22_500)), { type: 'ask', id: 8, early: true }, 'and is again')
  t.strictSame(cleared(3_600_000), [], 'whose time has come is asked about once more')
  t.strictSame(turn(doubt(7, 3_600_000), at(3_600_000, 0)), { type: 'ask', id: 7, early: false })
})

t.test('what another process is carrying out is waited for', async (t) => {
  const { turn } = createDoubtsFirst(0)
  t.strictSame(turn(doubt(7, 90_000, { isUnderWay: true }), at(60_000, 0)), { type: 'wait', until: 90_000 })
})

t.test('a question that cannot be answered stops the others only for a while', async (t) => {
  const { turn } = createDoubtsFirst(0)
  const due = doubt(7, 0)
  for (let question = 1; question <= 5; question += 1) t.match(turn(due, at(question, 0)), { type: 'ask' })
  t.strictSame(turn(due, at(6, 0)), { type: 'free' })
  t.match(turn(doubt(8, 0), at(7, 0)), { type: 'ask', id: 8 }, 'another one is asked about')
  turn(null, at(8, 0))
  t.match(turn(due, at(9, 0)), { type: 'ask' })
})

t.test('a probe is not used up by what is in doubt, which is only asked about', async (t) => {
  const { turn, cleared, asked } = createDoubtsFirst(0)
  t.strictSame(turn(doubt(7, 60_000), at(60_000, 0, true)), { type: 'ask', id: 7, early: true })
  asked(7, true, 60_100)
  t.strictSame(cleared(60_100), [7], 'if it is not there, the probe may be another one')
  t.strictSame(turn(null, at(60_100, 0, true)), { type: 'free' })
  t.strictSame(cleared(70_000), [])
  t.strictSame(turn(doubt(7, 60_000), at(120_000, 0, true)), { type: 'ask', id: 7, early: true }, 'and so each time')
  asked(7, false, 120_100)
  t.strictSame(cleared(120_100), [], 'a target that does not answer has had its probe')
})
