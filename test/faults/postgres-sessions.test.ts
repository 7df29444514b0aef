import t from 'tap'
import { eventually } from './eventually.ts'
import { roundsOf } from './ordeal.ts'
import { formsOf, type ServerFault, serverOrdeal, skip } from './postgres-ordeal.ts'
import { endSessions, type PostgresServer, startPostgresServer, takeEveryConnection } from './postgres-server.ts'

t.setTimeout(300_000 + roundsOf(0) * 20_000)

/** In place of what would make a test wait; the relays ask for twenty seconds, and for a minute. */
const SHORT = [
  ['lock_timeout = 20000', 'lock_timeout = 300'],
  ['idle_in_transaction_session_timeout = 60000', 'idle_in_transaction_session_timeout = 300'],
] as const

const WAITING = `select pid from pg_stat_activity where application_name = 'tracker-relay' and wait_event_type = 'Lock'`

const FAULTS: readonly ServerFault[] = [
  {
    name: 'deadlocks with another session, two relays',
    async strike(server) {
      await untilFailed(server, '40P01', async () => {
        const other = await server.connect()
        await other.query('begin; lock table activities, attempts in exclusive mode')
        await eventually(async () => (await other.query(WAITING)).rows.length > 0, 'a relay waits for it')
        // Which every transaction of a relay shares.
        await other.query('select pg_advisory_xact_lock(0, 0)')
        await other.query('rollback')
        await other.end()
      })
    },
  },
  {
    name: 'transactions that cannot be serialized, two relays',
    async strike(server) {
      const other = await server.connect()
      await other.query(FAILING_NOW_AND_THEN)
      await eventually(() => server.failures('40001') > 20, 'statements and commits fail')
      await other.query('drop schema trouble cascade')
      await other.end()
    },
  },
  {
    name: 'a lock that is kept for too long, two relays',
    says: /another session holds a lock/,
    async strike(server) {
      const other = await server.connect()
      await other.query('begin; lock table activities, deliveries in access exclusive mode')
      await failed(server, '55P03', 8)
      await other.query('rollback')
      await other.end()
    },
  },
  {
    name: 'relays that stand still within a transaction, two relays',
    async strike(server, { fleet }) {
      await untilFailed(server, '25P03', async () => {
        const other = await server.connect()
        await other.query('begin; lock table deliveries in exclusive mode')
        await eventually(async () => (await other.query(WAITING)).rows.length > 0, 'a relay waits within a transaction')
        for (const slot of [0, 1]) fleet.relay(slot).signal('SIGSTOP')
        await other.query('commit')
        // Neither is there any more who has begun something.
        await eventually(async () => (await other.query(STANDING)).rows.length === 0, 'the server has ended them')
        for (const slot of [0, 1]) fleet.relay(slot).signal('SIGCONT')
        await other.end()
      })
    },
  },
  {
    name: 'no connection is free, two relays',
    says: /the database server has no free connection/,
    async strike(server, { refusals }) {
      const before = refusals()
      const giveBack = await takeEveryConnection(server)
      // The server does not know yet who it was that it refused; the relays' logs tell why they did.
      await eventually(() => refusals() > before, 'a relay cannot take an activity')
      await giveBack()
    },
  },
  {
    name: 'the server is read-only, two relays',
    says: /the database server is read-only/,
    async strike(server) {
      const other = await server.connect()
      const { rows } = await other.query('select current_database() as name')
      const setReadOnly = (value: string): Promise<unknown> =>
        other.query(`alter database ${rows[0].name} set default_transaction_read_only = ${value}`)
      await setReadOnly('on')
      await endSessions(other)
      await failed(server, '25006', 4)
      // The sessions that there are stay as they are: a relay that kept them would never write again.
      await setReadOnly('off')
      await other.end()
    },
  },
]

/** Each third statement, and each third commit: a sequence counts on whatever becomes of the transaction. */
const FAILING_NOW_AND_THEN = `
  create schema trouble;
  create sequence trouble.count;
  create function trouble.now_and_then() returns trigger language plpgsql security definer as $$
    begin
      if nextval('trouble.count') % 3 = 0 then
        raise exception 'could not serialize access due to concurrent update' using errcode = '40001';
      end if;
      return null;
    end $$;
  create trigger trouble_statement after insert or update or delete on deliveries
    for each statement execute function trouble.now_and_then();
  create constraint trigger trouble_commit after insert or update on deliveries
    deferrable initially deferred for each row execute function trouble.now_and_then();`

const STANDING = `select pid from pg_stat_activity
  where application_name = 'tracker-relay' and state like 'idle in transaction%'`

async function failed(server: PostgresServer, code: string, times: number): Promise<void> {
  const before = server.failures(code)
  await eventually(() => server.failures(code) >= before + times, `relays get ${code}`)
}

/** Again until it was met: a relay may have nothing to do just then. */
async function untilFailed(server: PostgresServer, code: string, once: () => Promise<void>): Promise<void> {
  const before = server.failures(code)
  while (server.failures(code) === before) await once()
}

for (const { form, faults, rounds } of formsOf('the server refuses in every way, two relays', FAULTS, 0.25))
  t.test(`${form}: what was acknowledged is kept, in order, and work goes on by itself`, { skip }, async (t) => {
    const server = await startPostgresServer(t)
    for (const [from, to] of SHORT) server.network.rewrite(from, to)
    await serverOrdeal(t, server, { form, faults, rounds })
    t.ok(server.network.rewritten >= SHORT.length, 'the limits of the relays were short')
  })
