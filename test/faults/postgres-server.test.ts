import t from 'tap'
import { eventually } from './eventually.ts'
import { aWhile, roundsOf } from './ordeal.ts'
import { formsOf, type ServerFault, serverOrdeal, skip } from './postgres-ordeal.ts'
import { endSessions, type PostgresServer, startPostgresServer } from './postgres-server.ts'

t.setTimeout(300_000 + roundsOf(0) * 20_000)

const GONE = /the database server cannot be reached|the connection to the database server broke/
const ENDED = /the database server is shutting down, or an administrator ended the connection/

const FAULTS: readonly ServerFault[] = [
  {
    name: 'the server is killed (-9), two relays',
    says: GONE,
    async strike(server, { below }) {
      await server.kill()
      await aWhile(below)
      await server.start()
    },
  },
  {
    name: 'a session of the server is killed (-9), two relays',
    says: /the database server is recovering from a crash|the connection to the database server broke/,
    async strike(server, { below }) {
      await server.crash()
      await aWhile(below)
      await isThere(server)
    },
  },
  {
    name: 'the server is shut down at once, two relays',
    says: GONE,
    async strike(server, { below }) {
      await server.shutDown('immediate')
      await aWhile(below)
      await server.start()
    },
  },
  {
    name: 'the server is shut down as usual, two relays',
    says: GONE,
    async strike(server, { below }) {
      await server.shutDown('fast')
      await aWhile(below)
      await server.start()
    },
  },
  {
    name: 'all sessions are ended, two relays',
    says: ENDED,
    async strike(server, { below, acknowledged }) {
      const admin = await server.connect()
      const before = acknowledged()
      for (let times = 0; times < 20; times += 1) {
        await endSessions(admin)
        await aWhile(below, 30)
      }
      // They go on in between.
      await eventually(() => acknowledged() > before, 'something is acknowledged')
      await admin.end()
    },
  },
  {
    name: 'failover to a synchronous standby, two relays',
    says: /the database server is read-only/,
    async strike(server, { below }) {
      await server.startWithStandby()
      await aWhile(below)
      const before = server.failures('25006')
      await server.loseToStandby()
      await eventually(() => server.failures('25006') > before, 'a relay tries to write to the standby')
      await server.promote()
    },
  },
]

async function isThere(server: PostgresServer): Promise<void> {
  await eventually(
    () =>
      server.connect().then(
        (admin) => admin.end().then(() => true),
        () => false,
      ),
    'the server takes connections',
  )
}

for (const { form, faults, rounds } of formsOf('the server ends in every way, two relays', FAULTS, 0.25))
  t.test(`${form}: what was acknowledged is kept, in order, and work goes on by itself`, { skip }, async (t) => {
    await serverOrdeal(t, await startPostgresServer(t), { form, faults, rounds })
  })
