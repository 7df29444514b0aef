import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { sqlite } from './database-kind.ts'
import { ordeal, type Round, roundsOf } from './ordeal.ts'

const DESCRIPTORS = 64
const ROUNDS = roundsOf(1, 0.1)
const HELD_MS = 1500

t.setTimeout(300_000 + ROUNDS * 20_000)

t.test('a relay that has no file descriptor left goes on when it has some again, and loses nothing', async (t) => {
  await ordeal(t, {
    ...{ form: `${DESCRIPTORS} file descriptors`, database: sqlite, instances: 1, rounds: ROUNDS, leaseMs: 1500 },
    options: () => ({ limits: { n: DESCRIPTORS } }),
    isNobodyKilled: true,
    patienceMs: 3000,
    strike: exhaust,
  })
})

/** More connections than it has descriptors, and nothing is said on them. */
async function exhaust({ fleet }: Round): Promise<void> {
  const [address = ''] = fleet.addresses(0)
  const { hostname, port } = new URL(address)
  const sockets: Socket[] = Array.from({ length: 2 * DESCRIPTORS }, () =>
    connect({ host: hostname, port: Number(port) }).on('error', () => {}),
  )
  await sleep(HELD_MS)
  for (const socket of sockets) socket.destroy()
}
