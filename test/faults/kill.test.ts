import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { freshFolder } from '../store/database.ts'
import { chance } from './chance.ts'
import { eventually } from './eventually.ts'
import { expected, receivedBy, saidIn, startGateway } from './gateway.ts'
import { brokenPromises, type JournalFile, openJournalFile } from './journal-file.ts'
import { type RelayProcess, relayProcess, startRelayProcess } from './relay-process.ts'
import { createSender } from './tracker-sender.ts'

/** Each starts a relay, which is most of what it costs; `npm run test:faults` has many more. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 8)
const CONCURRENCY = 3
const LEASE_MS = 1500
/** How long an idle machine takes from the word to start until it listens. */
const LIKELY_START_MS = 130
const LONGEST_LIFE_PERCENT = 200
const READY = 2
/** Few enough that a room's page of recent messages reaches back over several rounds. */
const POSTS_A_ROUND = 10

interface AttemptsRow {
  readonly key: string
  readonly attempts: number
  readonly failures: number
}

t.setTimeout(120_000 + ROUNDS * 10_000)

t.test(
  `what was acknowledged survives ${ROUNDS} kills, in order, and is repeated only where nobody can be asked`,
  async (t) => {
    const { seed, below } = chance()
    t.comment(`FAULT_SEED=${seed}`)
    const gateway = await startGateway(t, freshFolder(t), { concurrency: CONCURRENCY })
    const senders = [0, 1, 2, 3].map((index) =>
      createSender(
        gateway.hook,
        [0, 1, 2].map((story) => String(index * 10 + story)),
        index * 1_000_000,
      ),
    )

    // The code of the next ones is loaded while this one lives.
    const ready: RelayProcess[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      while (ready.length < READY && round + ready.length < ROUNDS)
        ready.push(relayProcess(t, gateway.configPath, LEASE_MS))
      const relay = ready.shift()
      if (relay === undefined) throw new Error('no relay is ready')
      await relay.loaded
      const started = relay.start()
      const posting = started.then((address) =>
        address === null ? [] : Promise.all(senders.map((sender) => sender.run([address], POSTS_A_ROUND))),
      )
      const began = performance.now()
      // Now and then it is killed in its migrations, or before it has taken up what was left.
      if (below(6) > 0) await started
      // A loaded machine takes longer over everything.
      const unit = Math.max(LIKELY_START_MS, performance.now() - began)
      await sleep((unit * below(LONGEST_LIFE_PERCENT)) / 100)
      t.equal(relay.complaints(), '')
      await relay.end('SIGKILL')
      await posting
    }

    const relay = await startRelayProcess(t, gateway.configPath, LEASE_MS)
    // A client that still waits for an answer asks once more.
    t.strictSame(
      await Promise.all(senders.map((sender) => sender.run([relay.address], 1))),
      senders.map(() => 'done'),
    )
    const file = await openJournalFile(gateway.database)
    t.teardown(() => file.close())
    await eventually(async () => (await openDeliveries(file)) === 0, 'every delivery is settled')
    await relay.end('SIGTERM')

    const ledgers = senders.map(({ ledger }) => ledger)
    t.ok(ledgers.flat().length > ROUNDS, `${ledgers.flat().length} activities were acknowledged`)
    t.strictSame(receivedBy(gateway.receiver), expected(ledgers, 'everything'), 'the web hook heard all, in order')
    t.strictSame(saidIn(gateway.campfire), expected(ledgers, 'comments'), 'the room heard all, in order, once')
    t.strictSame(await brokenPromises(file), [])

    const attempts = await file.all<AttemptsRow>(
      "select key, attempts, failures from deliveries where integration = 'hook'",
    )
    t.strictSame(excessArrivals(attempts, arrivalsOf(gateway.receiver.standIn.requests)), [])
    const cutOff = attempts.reduce((sum, row) => sum + row.attempts - 1 - row.failures, 0)
    t.ok(cutOff <= ROUNDS * CONCURRENCY, `${cutOff} attempts were cut off by ${ROUNDS} kills`)
    t.comment(`${ledgers.flat().length} acknowledged, ${gateway.receiver.repeated} repeated at the web hook`)
  },
)

async function openDeliveries(file: JournalFile): Promise<number> {
  const [row] = await file.all<{ n: number }>('select count(*) as n from deliveries where settled_at is null')
  return row?.n ?? 0
}

/** How often each delivery came, and with how many different bodies. */
function arrivalsOf(requests: readonly { headers: Readonly<Record<string, string>>; body: Buffer }[]) {
  const arrivals = new Map<string, { times: number; bodies: Set<string> }>()
  for (const { headers, body } of requests) {
    const id = headers['webhook-id'] ?? ''
    const known = arrivals.get(id) ?? { times: 0, bodies: new Set() }
    arrivals.set(id, known)
    known.times += 1
    known.bodies.add(body.toString())
  }
  return arrivals
}

/** Deliveries that came more often than they were under way, or not always with the same bytes. */
function excessArrivals(attempts: readonly AttemptsRow[], arrivals: ReturnType<typeof arrivalsOf>): string[] {
  const allowed = new Map(attempts.map((row) => [row.key, row.attempts]))
  return [...arrivals]
    .filter(([id, { times, bodies }]) => times > (allowed.get(id) ?? 0) || bodies.size > 1)
    .map(([id, { times, bodies }]) => `${id} came ${times} times with ${bodies.size} bodies`)
}
