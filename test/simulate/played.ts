import type { Test } from 'tap'
import { CASTS, type CastName } from './casts.ts'
import { scenarioOf } from './scenario.ts'
import { simulate } from './simulate.ts'

/** What the command plays of each seed by default. */
export const DAYS = 0.25
export const ATTEMPTS = 200
/** `npm test` plays the same seeds for a shorter time. */
export const SHORT_DAYS = 0.02
export const SHORT_ATTEMPTS = 25
const FAULTS = 10
const SHOWN = 60

/** Plays the seeds; a failing one shows the end of its story, and how to play it again. */
export async function playSeeds(t: Test, from: number, to: number, cast: CastName = 'gitlab'): Promise<void> {
  for (let seed = from; seed <= to; seed += 1) {
    const { breach, attempts, faults, story } = await simulate(
      scenarioOf(seed, SHORT_DAYS, SHORT_ATTEMPTS, CASTS[cast]),
    )
    t.equal(breach, null, `seed ${seed}`, {
      replay: `npm run simulate -- --cast ${cast} --seed ${seed} --days ${SHORT_DAYS} --attempts ${SHORT_ATTEMPTS}`,
      story: breach === null ? [] : story.slice(-SHOWN),
    })
    t.ok(attempts >= SHORT_ATTEMPTS, `seed ${seed} makes ${attempts} attempts`)
    t.ok(faults >= FAULTS, `seed ${seed} has ${faults} faults`)
  }
}
