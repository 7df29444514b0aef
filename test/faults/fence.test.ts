import t, { type Test } from 'tap'
import { request } from 'undici'
import { type Recorded, startStandIn } from '../../src/stand-ins/stand-in.ts'
import { freshFolder } from '../store/database.ts'
import { bothKinds, type DatabaseKind, openJournal } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { startRelayProcess } from './relay-process.ts'
import { stopBetweenCommits } from './stop-between-commits.ts'
import { createSender } from './tracker-sender.ts'

const LEASE_MS = 1500
const STORY = '7'

t.setTimeout(300_000)

interface Scene {
  readonly gateway: Gateway
  /** Resolves when the request that is held has come. */
  readonly held: Promise<void>
  release(): void
}

/** A JIRA whose first request of a kind is held back. */
async function openScene(t: Test, database: DatabaseKind, isHeld: (asked: Recorded) => boolean): Promise<Scene> {
  let release = (): void => {}
  const mayGo = new Promise<void>((resolve) => {
    release = resolve
  })
  let come = (): void => {}
  const held = new Promise<void>((resolve) => {
    come = resolve
  })
  let isFirst = true
  const gateway = await startGateway(t, freshFolder(t), {
    concurrency: 3,
    databaseUrl: await database.fresh(),
    tickets: [STORY],
    async beforeJira(jira) {
      const front = await startStandIn(async (asked) => {
        const waits = isFirst && isHeld(asked)
        if (waits) {
          isFirst = false
          come()
          await mayGo
        }
        const { host: _, 'content-length': __, 'transfer-encoding': ___, connection: ____, ...headers } = asked.headers
        const answer = await request(`${jira.url}${asked.target}`, {
          method: asked.method as 'GET',
          headers,
          ...(asked.body.length > 0 ? { body: asked.body } : {}),
        })
        const type = answer.headers['content-type']
        const date = answer.headers.date
        return {
          status: answer.statusCode,
          headers: {
            ...(typeof type === 'string' ? { 'content-type': type } : {}),
            ...(typeof date === 'string' ? { date } : {}),
          },
          body: await answer.body.text(),
        }
      })
      t.teardown(() => front.close())
      return front.url
    },
  })
  return { gateway, held, release: () => release() }
}

/** Posts one comment to a relay. */
async function comment({ gateway }: Scene, address: string): Promise<void> {
  const sender = createSender(gateway.hook, [STORY], 0, { ticketsAt: gateway.jiraUrl ?? undefined })
  if ((await sender.run([address], 1)) !== 'done') throw new Error('the relay did not take it')
}

async function openAre(t: Test, { gateway }: Scene, count: number): Promise<void> {
  const file = await openJournal(t, gateway)
  await eventually(
    async () => (await file.all('select id from deliveries where settled_at is null')).length === count,
    `${count} are open`,
  )
}

const allSettled = (t: Test, scene: Scene): Promise<void> => openAre(t, scene, 0)

/** A lease is extended three times in its length. */
const EXTENSIONS = 6

/** Waits until what is under way has kept its lease for so many extensions more. */
async function extended(t: Test, { gateway }: Scene, times: number): Promise<void> {
  const file = await openJournal(t, gateway)
  const ends = new Set<unknown>()
  await eventually(async () => {
    const [row] = await file.all<{ due_at: unknown }>("select due_at from deliveries where state = 'delivering'")
    if (row !== undefined) ends.add(row.due_at)
    return ends.size > times
  }, `the lease is extended ${times} times`)
}

const commentsOf = ({ gateway }: Scene): number => gateway.jira?.comments(`ENT-${STORY}`).length ?? 0

for (const database of await bothKinds(t)) {
  t.test(
    `a relay that was frozen between its take and its write leaves the comment to the one that made it (${database.name})`,
    async (t) => {
      const scene = await openScene(t, database, ({ path }) => path.endsWith('/myself'))
      const frozen = await startRelayProcess(t, scene.gateway.configPath, LEASE_MS)
      await comment(scene, frozen.address)
      await scene.held
      await openAre(t, scene, 1)
      await stopBetweenCommits(frozen, await openJournal(t, scene.gateway))
      await startRelayProcess(t, scene.gateway.configPath, LEASE_MS)
      await eventually(() => commentsOf(scene) === 1, 'the other relay has written it')
      scene.release()
      frozen.signal('SIGCONT')
      await allSettled(t, scene)
      // Whatever the one that woke up was about to do is over when it has ended.
      await frozen.end('SIGTERM')
      t.equal(commentsOf(scene), 1)
    },
  )

  t.test(
    `a relay whose clock is a minute ahead leaves alone what another one is writing (${database.name})`,
    async (t) => {
      const scene = await openScene(t, database, ({ method }) => method === 'POST')
      const writer = await startRelayProcess(t, scene.gateway.configPath, LEASE_MS)
      await comment(scene, writer.address)
      await scene.held
      const ahead = await startRelayProcess(t, scene.gateway.configPath, LEASE_MS, { clockAheadMs: 60_000 })
      // The other one sees that the lease is extended again and again.
      await extended(t, scene, EXTENSIONS)
      scene.release()
      await allSettled(t, scene)
      await Promise.all([writer, ahead].map((relay) => relay.end('SIGTERM')))
      t.equal(commentsOf(scene), 1)
    },
  )
}
