import t from 'tap'
import { playSeeds } from './played.ts'

// On a machine that is busy with other things.
t.setTimeout(600_000)

t.test('in 15 simulated worlds nothing is lost, doubled, out of order or stuck', async (t) => {
  await playSeeds(t, 1, 15)
})
