import t, { type Test } from 'tap'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { KINDS } from './answered/kinds.ts'
import { playRounds } from './answered/rounds.ts'
import { chance } from './chance.ts'
import { type DatabaseKind, postgres, sqlite } from './database-kind.ts'
import { expectKept, roundsOf } from './ordeal.ts'
import { reportRow } from './row.ts'

/** Each ends a relay once or twice, which is most of what it costs. */
const FEW = { SQLite: 3, PostgreSQL: 2 }
const FORM = 'ended between the answer and the commit'

t.setTimeout(300_000 + roundsOf(0) * 20_000)
// Both databases at once: most of a round is waiting.
t.jobs = 2

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test(`${FORM}, a relay doubles nothing where it can ask (SQLite)`, { buffered: true }, (t) => endsIt(t, sqlite))
t.test(`${FORM}, a relay doubles nothing where it can ask (PostgreSQL)`, { buffered: true, skip }, async (t) =>
  endsIt(t, await postgres(t)),
)

async function endsIt(t: Test, database: DatabaseKind): Promise<void> {
  const drawn = chance()
  t.comment(`FAULT_SEED=${drawn.seed}`)
  const rounds = roundsOf(FEW[database.name], 0.5)
  const kinds = Array.from({ length: rounds }, (_, at) => KINDS.at(at % KINDS.length)).filter(
    (kind) => kind !== undefined,
  )
  const { verdict, most, peakMegabytes, complaints } = await playRounds(t, { database, chance: drawn, kinds })
  t.comment(`outcomes on their way: ${most.map(({ place, count }) => `${count} of ${place.name}`).join(', ')}`)
  reportRow(t, { form: FORM, database: database.name, rounds, seed: drawn.seed, verdict, peakMegabytes })
  // Not of each: a target that is slow, as all are on a machine that is busy, is sent nothing ahead.
  const ahead = most.filter(({ place, count }) => place.sendsAhead && count > place.concurrency)
  t.not(ahead.length, 0, `more outcomes than may run at once were on their way at ${ahead.length} targets`)
  t.equal(complaints, '', 'no relay complains')
  expectKept(t, verdict)
}
