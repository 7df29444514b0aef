import t from 'tap'
import { timedPause } from '../../src/gateway/timed-pause.ts'

t.test('a pause lasts its time', async (t) => {
  const before = performance.now()
  await timedPause(20)
  await timedPause(20, new AbortController().signal)
  // A timer may fire up to a millisecond early.
  t.ok(performance.now() - before >= 38)
})

t.test('it ends as soon as its signal is aborted, and leaves no timer behind', async (t) => {
  const alarm = new AbortController()
  const paused = timedPause(3_600_000, alarm.signal)
  t.ok(process.getActiveResourcesInfo().includes('Timeout'))
  alarm.abort()
  await paused
  await timedPause(3_600_000, alarm.signal)
  t.notOk(process.getActiveResourcesInfo().includes('Timeout'))
})
