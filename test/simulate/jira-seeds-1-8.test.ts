import t from 'tap'
import { playSeeds } from './played.ts'

// On a machine that is busy with other things.
t.setTimeout(600_000)

t.test('in 8 simulated worlds with JIRA and Mastodon nothing is lost, doubled, out of order or stuck', async (t) => {
  await playSeeds(t, 1, 8, 'jira')
})
