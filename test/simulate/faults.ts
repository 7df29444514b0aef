import { TROUBLES, type Trouble } from './network.ts'
import type { Random } from './random.ts'

/** Something that happens to the relay, beside what arrives. */
export type Happening = { readonly at: number } & (
  | {
      readonly type: 'trouble'
      readonly host: string
      readonly trouble: Trouble
      readonly forMs: number
      readonly share: number
    }
  | {
      readonly type: 'crash'
      readonly machine: number
      readonly afterCalls: number
      /** The calls are counted from the next take on. */
      readonly isInAttempt: boolean
      readonly when: 'before' | 'after'
      readonly downMs: number
    }
  /** All at once; what is on the disk at that moment stays. */
  | { readonly type: 'power cut'; readonly afterWrites: number; readonly downMs: number }
  | { readonly type: 'stop'; readonly machine: number; readonly downMs: number }
  | {
      readonly type: 'freeze'
      readonly machine: number
      readonly afterCalls: number
      readonly isInAttempt: boolean
      readonly forMs: number
      readonly isSteadyStill: boolean
    }
  | { readonly type: 'clock'; readonly machine: number; readonly byMs: number }
  | {
      readonly type: 'database fails'
      readonly machine: number
      readonly calls: number
      readonly reason: 'busy' | 'full'
    }
  | { readonly type: 'pause'; readonly integration: string; readonly forMs: number }
  | { readonly type: 'replay'; readonly state: 'dead' | 'skipped' }
  | { readonly type: 'replay job'; readonly perSecond: number }
  | {
      readonly type: 'skip'
      readonly integration: string
      readonly state: 'pending' | 'waiting' | 'held' | 'dead'
      readonly most: number
    }
  | { readonly type: 'reload' }
  | { readonly type: 'chat'; readonly messages: number }
)

export interface FaultChoice {
  readonly startAt: number
  readonly untilAt: number
  readonly count: number
  readonly machines: number
  readonly hosts: readonly string[]
  readonly integrations: readonly string[]
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

export function faultsFor(random: Random, choice: FaultChoice): Happening[] {
  const happenings: Happening[] = []
  for (let made = 0; made < choice.count; made += 1) {
    const at = random.whole(choice.startAt, choice.untilAt)
    happenings.push({ at, ...faultOf(random, choice) })
  }
  return happenings.sort((one, other) => one.at - other.at)
}

type Fault = Happening extends infer Each ? (Each extends { readonly at: number } ? Omit<Each, 'at'> : never) : never

function faultOf(random: Random, { machines, hosts, integrations, startAt, untilAt }: FaultChoice): Fault {
  const machine = random.whole(0, machines - 1)
  const kind = random.next()
  if (kind < 0.4)
    return {
      type: 'trouble',
      host: random.pick(hosts),
      trouble: random.pick(TROUBLES),
      forMs: random.chance(0.7) ? random.whole(5 * SECOND, 5 * MINUTE) : random.whole(5 * MINUTE, 2 * HOUR),
      share: random.chance(0.5) ? 1 : random.next(),
    }
  if (kind < 0.55)
    return {
      type: 'crash',
      machine,
      ...momentOf(random),
      when: random.pick(['before', 'after']),
      downMs: random.whole(SECOND, random.pick([20 * SECOND, 10 * MINUTE])),
    }
  if (kind < 0.59) return { type: 'power cut', afterWrites: random.whole(0, 8), downMs: random.whole(SECOND, MINUTE) }
  if (kind < 0.63) return { type: 'stop', machine, downMs: random.whole(0, MINUTE) }
  if (kind < 0.7)
    return {
      type: 'freeze',
      machine,
      ...momentOf(random),
      // In a short world, not for all the rest of it.
      forMs: Math.min(random.whole(SECOND, random.pick([15 * SECOND, 2 * MINUTE, HOUR])), (untilAt - startAt) / 4),
      isSteadyStill: random.chance(0.5),
    }
  if (kind < 0.77) return { type: 'clock', machine, byMs: stepOf(random) }
  if (kind < 0.83)
    return { type: 'database fails', machine, calls: random.whole(1, 3), reason: random.pick(['busy', 'full']) }
  if (kind < 0.87)
    return { type: 'pause', integration: random.pick(integrations), forMs: random.whole(5 * SECOND, 20 * MINUTE) }
  if (kind < 0.9) return { type: 'replay', state: random.chance(0.8) ? 'dead' : 'skipped' }
  if (kind < 0.92) return { type: 'replay job', perSecond: random.pick([1, 1, 5, 50]) }
  if (kind < 0.94)
    return {
      type: 'skip',
      integration: random.pick(integrations),
      state: random.pick(['pending', 'waiting', 'held', 'dead']),
      most: random.whole(1, 5),
    }
  if (kind < 0.96) return { type: 'reload' }
  return { type: 'chat', messages: random.whole(1, 120) }
}

function momentOf(random: Random): { readonly afterCalls: number; readonly isInAttempt: boolean } {
  const isInAttempt = random.chance(0.6)
  return { isInAttempt, afterCalls: random.whole(0, isInAttempt ? 5 : 12) }
}

function stepOf(random: Random): number {
  const size = random.pick([5 * SECOND, MINUTE, 20 * MINUTE, HOUR])
  return random.whole(1, size) * (random.chance(0.5) ? 1 : -1)
}
