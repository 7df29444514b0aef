import t from 'tap'
import { request } from 'undici'
import { loadConfig } from '../../src/config/load.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { createRelay } from '../../src/gateway/relay.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'
import { freshFolder } from '../store/database.ts'
import { bothKinds, openJournal } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { saidIn, startGateway } from './gateway.ts'
import { brokenPromises } from './journal-file.ts'
import { startRelayProcess } from './relay-process.ts'
import { stopBetweenCommits } from './stop-between-commits.ts'
import { createSender } from './tracker-sender.ts'

const CONNECTORS = await loadConnectors()

const LEASE_MS = 1500
const OPEN = 'select id from deliveries where settled_at is null'

interface Row {
  readonly id: number
  readonly key: string
  readonly due_at: number | null
}

// On a machine that is busy with other things.
t.setTimeout(300_000)

for (const kind of await bothKinds(t)) {
  t.test(
    `${kind.name}: a relay that stood still for longer than its lease leaves alone what another has delivered`,
    async (t) => {
      const folder = freshFolder(t)
      const target = await startSlowTarget(t)
      const gateway = await startGateway(t, folder, {
        concurrency: 4,
        hookUrl: target.standIn.url,
        databaseUrl: await kind.fresh(),
      })
      const sleeper = await startRelayProcess(t, gateway.configPath, LEASE_MS)
      // Edits of one story: for the web hook alone.
      const sender = createSender(gateway.hook, ['7'], 2)
      t.equal(await sender.run([sleeper.address], 1), 'done')
      await eventually(() => target.standIn.requests.length === 1, 'the first relay has sent it')
      const file = await openJournal(t, gateway)
      await stopBetweenCommits(sleeper, file)

      const other = await startRelayProcess(t, gateway.configPath, LEASE_MS)
      t.equal(await sender.run([other.address], 1), 'done')
      await eventually(async () => (await file.all(OPEN)).length === 0, 'the other relay has delivered both')
      const settled = await file.all<Row>('select * from deliveries order by id')
      const attempts = await file.all('select * from attempts order by id')
      t.match(settled, [
        { state: 'delivered', attempts: 2 },
        { state: 'delivered', attempts: 1 },
      ])
      t.equal(attempts.length, 2, 'the attempt without an end has no record')

      target.answerTheFirst()
      sleeper.signal('SIGCONT')
      await eventually(
        async () => (await lostLeases(sleeper.address)) === 1,
        'the first relay knows that it came too late',
      )
      t.strictSame(await file.all('select * from deliveries order by id'), settled)
      t.strictSame(await file.all('select * from attempts order by id'), attempts)

      await other.end('SIGTERM')
      t.equal(await sender.run([sleeper.address], 1), 'done')
      await eventually(async () => (await file.all(OPEN)).length === 0, 'it goes on with what comes later')
      const keys = (await file.all<Row>('select * from deliveries order by id')).map(({ key }) => key)
      t.strictSame(
        target.standIn.requests.map(({ headers }) => headers['webhook-id']),
        [keys[0], keys[0], keys[1], keys[2]],
        'in order; what could not be asked about came again under its own id',
      )
      t.strictSame(await brokenPromises(file), [])
    },
  )

  t.test(`${kind.name}: what was under way when a relay stood still is neither lost nor said twice`, async (t) => {
    const gateway = await startGateway(t, freshFolder(t), {
      concurrency: 4,
      timeoutSeconds: 5,
      databaseUrl: await kind.fresh(),
    })
    // The room takes the message, and the answer never comes to its end.
    gateway.campfire.fault('drip', { where: ({ method }) => method === 'POST' })
    const relay = await startRelayProcess(t, gateway.configPath, LEASE_MS)
    const sender = createSender(gateway.hook, ['7'], 0)
    t.equal(await sender.run([relay.address], 2), 'done')
    await eventually(() => gateway.campfire.messages(42).length === 1, 'the first comment is in the room')
    const file = await openJournal(t, gateway)
    await stopBetweenCommits(relay, file)
    await eventually(async () => {
      const leases = await file.all<Row>("select * from deliveries where state = 'delivering'")
      return leases.length > 0 && leases.every(({ due_at }) => (due_at ?? 0) < Date.now())
    }, 'the lease has ended')
    relay.signal('SIGCONT')
    await eventually(async () => (await file.all(OPEN)).length === 0, 'everything is settled')
    t.strictSame(saidIn(gateway.campfire), { 7: [0, 1] })
    t.strictSame(await file.all('select distinct state from deliveries'), [{ state: 'delivered' }])
    t.strictSame(await brokenPromises(file), [])
  })

  t.test(
    `${kind.name}: a relay that wakes up after its leases does not take again what it is still carrying out itself`,
    async (t) => {
      const target = await startSlowTarget(t)
      const gateway = await startGateway(t, freshFolder(t), {
        concurrency: 4,
        hookUrl: target.standIn.url,
        databaseUrl: await kind.fresh(),
      })
      const { config } = loadConfig({ path: gateway.configPath, environment: {}, connectors: CONNECTORS })
      // A machine that was suspended: its clock is an hour further on, and the target still works on the request.
      let slept = 0
      const now = (): number => Date.now() + slept
      const relay = await createRelay({ config, log: createLogger('silent'), version: '0.0.0', now })
      t.teardown(() => relay.close())
      const address = await relay.listen()
      const [one, other] = [createSender(gateway.hook, ['7'], 2), createSender(gateway.hook, ['8'], 102)]
      t.equal(await one.run([address], 1), 'done')
      await eventually(() => target.standIn.requests.length === 1, 'it has sent it')
      slept = 3_600_000
      t.equal(await other.run([address], 1), 'done')
      const file = await openJournal(t, gateway)
      await eventually(
        async () => (await file.all(OPEN)).length === 1,
        'it looked for work, and did what came meanwhile',
      )
      target.answerTheFirst()
      await eventually(async () => (await file.all(OPEN)).length === 0, 'it is settled')
      t.match(await file.all('select * from deliveries'), [
        { state: 'delivered', attempts: 1 },
        { state: 'delivered', attempts: 1 },
      ])
      t.equal(target.standIn.requests.length, 2)
      t.strictSame(await brokenPromises(file), [])
    },
  )
}

/** A receiver that keeps its first caller waiting. */
async function startSlowTarget(t: {
  teardown(work: () => Promise<void>): void
}): Promise<{ standIn: StandIn; answerTheFirst(): void }> {
  let answerTheFirst = (): void => {}
  const mayAnswer = new Promise<void>((resolve) => {
    answerTheFirst = resolve
  })
  let asked = 0
  const standIn = await startStandIn(async ({ method, headers }) => {
    asked += 1
    if (asked === 1) await mayAnswer
    return { status: method === 'POST' && headers['webhook-id'] !== undefined ? 202 : 400 }
  })
  t.teardown(() => standIn.close())
  return { standIn, answerTheFirst: () => answerTheFirst() }
}

async function lostLeases(address: string): Promise<number> {
  const { body } = await request(`${address}/metrics`)
  const [, count = 'none'] =
    /^relay_delivery_leases_lost_total\{integration="hook"\} (\d+)$/m.exec(await body.text()) ?? []
  return Number(count)
}
