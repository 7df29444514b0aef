import type { Scenario } from './scenario.ts'
import { type Run, simulate } from './simulate.ts'

export interface Shrunk {
  readonly scenario: Scenario
  readonly run: Run
}

/** Leaves out as many arrivals and happenings as it can while an invariant is still broken. */
export async function shrink(failing: Scenario, tell: (text: string) => void): Promise<Shrunk> {
  let best = failing
  let run = await simulate(failing)

  async function breaks(scenario: Scenario): Promise<boolean> {
    const tried = await simulate(scenario)
    if (tried.breach === null) return false
    best = scenario
    run = tried
    tell(`${best.arrivals.length} arrivals, ${best.happenings.length} happenings: ${tried.breach}`)
    return true
  }

  await breaks({ ...best, reserve: [] })
  for (const part of ['happenings', 'arrivals'] as const)
    await without(best[part].length, async (from, to) =>
      breaks({ ...best, [part]: best[part].filter((_, index) => index < from || index >= to) }),
    )
  return { scenario: best, run }
}

/** Tries to leave out halves, then quarters, and so on. @param leaveOut true if they could be left out */
async function without(count: number, leaveOut: (from: number, to: number) => Promise<boolean>): Promise<void> {
  let length = count
  for (let size = Math.ceil(count / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let from = Math.floor((length - 1) / size) * size; from >= 0; from -= size)
      if (await leaveOut(from, from + size)) length -= Math.min(size, length - from)
}
