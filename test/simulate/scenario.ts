import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { type Arrival, arrivalsFor } from './arrivals.ts'
import { CASTS, type Cast } from './casts.ts'
import { faultsFor, type Happening } from './faults.ts'
import { traced } from './network.ts'
import { type Random, randomOf } from './random.ts'

/** All that comes from outside in one run, but for chance within it. */
export interface Scenario {
  readonly seed: number
  readonly cast: Cast
  readonly startAt: number
  readonly untilAt: number
  readonly machines: number
  readonly arrivals: readonly Arrival[]
  /** Sent at the end while there were fewer attempts. */
  readonly reserve: readonly Arrival[]
  readonly attempts: number
  readonly happenings: readonly Happening[]
  readonly configs: readonly [Config, ...Config[]]
  /** How often the relay looks for what nobody tells it. */
  readonly lookMs: number
  /** How many of the room's messages can be read. */
  readonly visible: number
  readonly aheadMs: ReadonlyMap<string, number>
}

export const PROJECTS = ['26', '27']
const SECRET = 'a-hook-secret-of-a-simulation'

/** An ordinary day; shortly before seconds since 1970 outgrow 32 bits; before clocks are put forward in Europe. */
const STARTS = ['2026-01-05T08:00:00Z', '2038-01-19T03:09:00Z', '2026-03-29T00:55:00Z'].map((iso) => Date.parse(iso))
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

const CONNECTORS = (await loadConnectors(['gitlab', 'campfire', 'webhook', 'jira', 'mastodon'])).map(traced)

/** @param attempts at least so many are planned */
export function scenarioOf(seed: number, days: number, attempts: number, cast: Cast = CASTS.gitlab): Scenario {
  const random = randomOf(seed, 'scenario')
  const startAt = randomOf(seed, 'start').pick(STARTS)
  const untilAt = startAt + Math.round(days * DAY_MS)
  const machines = random.pick([1, 2, 2, 3])
  const { hosts } = cast
  // Brings to light what becomes of single deliveries that fail while everything else works.
  const isCalm = random.chance(0.4)
  // Each brings two deliveries or more, of which some fail.
  const planned = Math.ceil(attempts * 0.25)
  const arrivals = arrivalsFor(randomOf(seed, 'arrivals'), {
    startAt: startAt + 1000,
    untilAt,
    count: planned * 2,
    planned,
    poisoned: isCalm ? 0.15 : 0.03,
    projects: PROJECTS,
  })
  return {
    ...{ seed, cast },
    startAt,
    untilAt,
    machines,
    attempts,
    arrivals: arrivals.slice(0, planned),
    reserve: arrivals.slice(planned),
    happenings: faultsFor(randomOf(seed, 'faults'), {
      startAt: startAt + 1000,
      untilAt: isCalm ? startAt + (untilAt - startAt) / 4 : untilAt,
      count: Math.ceil(56 * Math.max(1, days)),
      machines,
      hosts,
      integrations: hosts,
    }),
    configs: configsOf(random, cast.settings(seed)),
    lookMs: random.pick([5000, 15_000, 30_000]),
    visible: random.chance(0.7) ? Number.POSITIVE_INFINITY : random.whole(10, 100),
    aheadMs: new Map(hosts.map((host) => [host, random.chance(0.5) ? 0 : random.whole(-HOUR_MS, HOUR_MS)])),
  }
}

const configs = new Map<string, Config>()

/** Two, of which a reload puts the other one in force. */
function configsOf(random: Random, settings: Readonly<Record<string, string>>): [Config, Config] {
  const given = {
    concurrency: random.pick([1, 4]),
    coalesce_states: random.chance(0.5),
    hold_at_most_hours: 2,
  }
  const perMinute = random.pick([null, null, 30])
  return [configOf(settings, given, perMinute, 15), configOf(settings, given, perMinute, 10)]
}

/** Made once, because each has a fingerprint that takes long. */
function configOf(
  settings: Readonly<Record<string, string>>,
  { concurrency, coalesce_states, hold_at_most_hours }: Readonly<Record<string, number | boolean>>,
  perMinute: number | null,
  timeout: number,
): Config {
  const retry = `{ schedule_seconds: [2, 10, 60, 300, 1800], give_up_after_hours: 6, hold_at_most_hours: ${hold_at_most_hours} }`
  const common = `timeout_seconds: ${timeout}, concurrency: ${concurrency}, coalesce_states: ${coalesce_states}, retry: ${retry}, breaker: ${BREAKER}`
  const paced = perMinute === null ? '' : `, max_per_minute: ${perMinute}`
  const names = Object.keys(settings)
  const integrations = names.map((name) => `  ${name}: { ${settings[name]}${name === 'hook' ? paced : ''}, ${common} }`)
  const yaml = `
projects:
${PROJECTS.map((id) => `  - { id: "${id}", secret: ${SECRET}, integrations: [${names}] }`).join('\n')}
retention: { days: 1 }
integrations:
${integrations.join('\n')}
`
  const known = configs.get(yaml)
  if (known !== undefined) return known
  const path = 'simulated.yaml'
  const { config } = loadConfig({ path, environment: {}, connectors: CONNECTORS, readFile: () => yaml })
  configs.set(yaml, config)
  return config
}

const BREAKER = '{ failures: 3, probe_seconds: [5, 20, 60, 120], credentials_probe_seconds: 120 }'

/** A probe comes up to a tenth later, so that not all integrations probe at once. */
export const LONGEST_PROBE_MS = 132_000
/** A delivery in doubt is asked about before others of its room go on, ten seconds after the last write there. */
export const LONGEST_QUESTIONS_MS = 60_000
