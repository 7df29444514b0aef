import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import type { OpenStore } from './database.ts'
import { testOperations } from './operations-suite.ts'
import { byItsCallersClock, freshPostgres, settableClock } from './postgres.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test('on PostgreSQL', { skip }, async (t) => {
  const open: OpenStore = async (t, observeCommit) => {
    const clock = await settableClock(t, await freshPostgres(t), 0)
    const store = openStore({ client: 'postgres', file: '', url: clock.url }, observeCommit)
    t.teardown(() => store.close())
    return byItsCallersClock(store, clock.set)
  }
  testOperations(t, open)
})
