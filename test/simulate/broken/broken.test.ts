import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { ATTEMPTS, DAYS, SHORT_ATTEMPTS, SHORT_DAYS } from '../played.ts'
import { BROKEN_BUILDS, type BrokenBuild } from './builds.ts'

const MOST_SEEDS = 100
const HOOKS = new URL('./break.js', import.meta.url).href
const SIMULATE = fileURLToPath(new URL('../main.js', import.meta.url))

// On a machine that is busy with other things.
t.setTimeout(600_000)

t.test('the simulation catches a build in which', async (t) => {
  for (const [number, build] of BROKEN_BUILDS.entries())
    await t.test(build.name, async (t) => {
      const played = await playUntilCaught(number, build)
      t.ok(played !== null && played.seeds <= MOST_SEEDS, played?.breach ?? 'nothing was caught')
      t.comment(`${played?.seeds} seeds: ${played?.breach}`)
    })
})

async function playUntilCaught(
  number: number,
  { seed: first, cast = 'gitlab', isCaughtSoon }: BrokenBuild,
): Promise<{ seeds: number; breach: string } | null> {
  const seeds = `${first}-${first + MOST_SEEDS - 1}`
  const [days, attempts] = isCaughtSoon === true ? [SHORT_DAYS, SHORT_ATTEMPTS] : [DAYS, ATTEMPTS]
  const env = { ...process.env, BROKEN_BUILD: String(number) }
  const args = ['--import', HOOKS, SIMULATE, '--seeds', seeds, '--jobs', '0', '--until-caught']
  args.push('--cast', cast, '--days', String(days), '--attempts', String(attempts))
  const run = promisify(execFile)(process.execPath, args, { env, maxBuffer: 1e8 })
  const output = await run.then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  )
  const [, seed, breach] = /^seed (\d+) NOT OK: (.*) \(/m.exec(output) ?? []
  return seed === undefined || breach === undefined ? null : { seeds: Number(seed) - first + 1, breach }
}
