import t from 'tap'
import { scenarioOf } from './scenario.ts'
import { simulate } from './simulate.ts'

// On a machine that is busy with other things.
t.setTimeout(600_000)

t.test('the same seed plays the same story', async (t) => {
  const [one, same, other] = [await play(1), await play(1), await play(2)]
  t.equal(one.hash, same.hash)
  t.ok(one.story.length > 100, 'something happens')
  t.not(one.hash, other.hash)

  function play(seed: number) {
    return simulate(scenarioOf(seed, 0.1, 50))
  }
})
