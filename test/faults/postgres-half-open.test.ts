import t from 'tap'
import { eventually } from './eventually.ts'
import { roundsOf } from './ordeal.ts'
import { type ServerFault, serverOrdeal, skip } from './postgres-ordeal.ts'
import { startPostgresServer } from './postgres-server.ts'

t.setTimeout(300_000 + roundsOf(0) * 60_000)

const HALF_OPEN: ServerFault = {
  name: 'connections that are half open',
  says: /the connection to the database server broke.*no answer within 8 s/,
  async strike({ network }, { acknowledged, number }) {
    network.forget()
    // Others are blocked by what the lost sessions have locked, until the server gives those up.
    const before = acknowledged()
    await eventually(() => acknowledged() > before + 8, `work goes on after round ${number}`)
  },
}

t.test(
  'connections that are half open, two relays: they are given up in time, and nothing is lost or doubled',
  { skip },
  async (t) => {
    const server = await startPostgresServer(t)
    server.network.rewrite('idle_in_transaction_session_timeout = 60000', 'idle_in_transaction_session_timeout = 3000')
    const gateway = { statementTimeoutSeconds: 3 }
    const form = 'connections that are half open, two relays'
    await serverOrdeal(t, server, { form, faults: [HALF_OPEN], rounds: roundsOf(1, 0.05), gateway })
    t.ok(server.network.rewritten > 0, 'the server gives up lost transactions soon')
  },
)
