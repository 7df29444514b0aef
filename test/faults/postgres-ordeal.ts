import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { freshFolder } from '../store/database.ts'
import type { GatewayOptions } from './gateway.ts'
import { aWhile, CONCURRENCY, ordeal, type Round, roundsOf, type Told } from './ordeal.ts'
import type { PostgresServer } from './postgres-server.ts'

const HOUR_MS = 3_600_000
const INSTANCES = 2

/** Where all is checked that can be checked, a server that is missing is a failure. */
export const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

/** What can happen to a server, or be done to it. */
export interface ServerFault {
  readonly name: string
  /** What the relays' logs then say, in words. Without it, a repetition is enough, and nobody is told. */
  readonly says?: RegExp
  strike(server: PostgresServer, round: Round): Promise<void>
}

interface ServerOrdeal {
  readonly form: string
  readonly faults: readonly ServerFault[]
  readonly rounds: number
  readonly gateway?: Pick<GatewayOptions, 'statementTimeoutSeconds'>
}

/** Strikes at the server in each round, under two relays whose clocks are hours apart. */
export async function serverOrdeal(
  t: Test,
  server: PostgresServer,
  { form, faults, rounds, gateway = {} }: ServerOrdeal,
): Promise<Told> {
  const logs = freshFolder(t)
  const told = await ordeal(t, {
    ...{ form, database: server.kind, instances: INSTANCES, rounds, leaseMs: 1500 },
    isNobodyKilled: true,
    // So that there is always something that can fail.
    restMs: 100,
    gateway: { anyTime: true, ...gateway },
    options: (nth) => ({ clockAheadMs: nth % 2 === 0 ? HOUR_MS : -HOUR_MS, logFile: join(logs, `${nth}.log`) }),
    async strike(round) {
      await aWhile(round.below)
      await faults[round.number % faults.length]?.strike(server, round)
    },
  })
  const said = [0, 1].map((nth) => join(logs, `${nth}.log`)).filter((file) => existsSync(file))
  const log = said.map((file) => readFileSync(file, 'utf8')).join('')
  for (const { name, says } of faults.slice(0, rounds))
    if (says !== undefined) t.match(log, says, `the log tells of this: ${name}`)
  t.notMatch(log, /\binsert into|\bselect [^:]* from|\bupdate \\*"\w+\\*" set/, 'and nothing of what was to be stored')
  const most = rounds * INSTANCES * CONCURRENCY
  t.ok(told.verdict.cutOff <= most, `${told.verdict.cutOff} attempts were cut off, of ${most} at most`)
  return told
}

/** All faults in one run; at length, each has one of its own. */
export function formsOf(
  many: string,
  faults: readonly ServerFault[],
  share: number,
): readonly { readonly form: string; readonly faults: readonly ServerFault[]; readonly rounds: number }[] {
  if (process.env.FAULT_ROUNDS === undefined) return [{ form: many, faults, rounds: faults.length }]
  return faults.map((fault) => ({ form: fault.name, faults: [fault], rounds: roundsOf(1, share) }))
}
