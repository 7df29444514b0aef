// npm run simulate -- [--seed N | --seeds A-B] [--days D] [--attempts N] [--cast NAME] [--shrink] [--last N] [--without TYPE,...] [--jobs N]
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { CASTS, type Cast } from './casts.ts'
import { ATTEMPTS, DAYS } from './played.ts'
import { type Scenario, scenarioOf } from './scenario.ts'
import { shrink } from './shrink.ts'
import { type Run, simulate } from './simulate.ts'

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    days: { type: 'string', default: String(DAYS) },
    attempts: { type: 'string', default: String(ATTEMPTS) },
    /** The targets: gitlab (with a room of ONCE Campfire) or jira (with Mastodon), each beside a web hook. */
    cast: { type: 'string', default: 'gitlab' },
    /** Cuts a failing seed down. */
    shrink: { type: 'boolean', default: false },
    /** How many lines of a story are shown; 0: all. */
    last: { type: 'string', default: '60' },
    /** Shows the story even if nothing is wrong. */
    story: { type: 'boolean', default: false },
    /** Happenings that are left out: crash, freeze, clock, ... */
    without: { type: 'string', default: '' },
    /** How many processes play; 0: this one alone. */
    jobs: { type: 'string', default: String(availableParallelism()) },
    /** Ends with the first seed that breaks an invariant. */
    'until-caught': { type: 'boolean', default: false },
  },
})

/** A process keeps a descriptor of each database, see file-guard.ts. */
const SEEDS_IN_PROCESS = 25

const [from = 1, to = from] = (options.seeds ?? options.seed).split('-').map(Number)
process.exitCode = to - from < SEEDS_IN_PROCESS || options.jobs === '0' ? await playAll() : await shareOut()

async function playAll(): Promise<number> {
  let failed = 0
  for (let seed = from; seed <= to; seed += 1) {
    const began = performance.now()
    const scenario = scenarioFor(seed)
    const run = await simulate(scenario)
    console.log(`${lineOf(run)}, ${Math.round(performance.now() - began)} ms`)
    if (run.breach === null && !options.story) continue
    showStory(run)
    if (run.breach === null) continue
    failed = 1
    console.log(
      `replay: npm run simulate -- --cast ${options.cast} --seed ${seed} --days ${options.days} --attempts ${options.attempts}`,
    )
    if (options.shrink) showStory((await shrink(scenario, console.log)).run)
    if (options['until-caught']) return failed
  }
  return failed
}

function scenarioFor(seed: number): Scenario {
  const whole = scenarioOf(seed, Number(options.days), Number(options.attempts), castNamed(options.cast))
  const without = options.without.split(',')
  return { ...whole, happenings: whole.happenings.filter(({ type }) => !without.includes(type)) }
}

function castNamed(name: string): Cast {
  const found = Object.entries(CASTS).find(([each]) => each === name)
  if (found === undefined) throw new Error(`there is no cast ${name}, only ${Object.keys(CASTS).join(', ')}`)
  return found[1]
}

function lineOf({ seed, breach, attempts, faults, hours, hash }: Run): string {
  const verdict = breach === null ? 'ok' : `NOT OK: ${breach}`
  return `seed ${seed} ${verdict} (${attempts} attempts, ${faults} faults, ${hours.toFixed(1)} h, ${hash})`
}

function showStory({ story }: Run): void {
  for (const line of story.slice(-Number(options.last))) console.log(`  ${line}`)
}

/** @returns 1 if any process did */
async function shareOut(): Promise<number> {
  let next = from
  let failed = 0

  async function work(): Promise<void> {
    while (next <= to) {
      const first = next
      next += SEEDS_IN_PROCESS
      const seeds = `${first}-${Math.min(to, next - 1)}`
      const child = fork(process.argv[1] ?? '', [...process.argv.slice(2), '--seeds', seeds])
      const code = await new Promise<number | null>((resolve) => child.on('exit', resolve))
      if (code !== 0) failed = 1
    }
  }

  await Promise.all(Array.from({ length: Number(options.jobs) }, work))
  return failed
}
