import { XMLParser } from 'fast-xml-parser'
import Fastify from 'fastify'
import { Pool } from 'undici'

/** A queue library behind a route, as one would write it: node pg-boss-route.js MODULE DATABASE TARGET. */
interface Boss {
  start(): Promise<unknown>
  on(event: 'error', listener: () => void): unknown
  createQueue(name: string): Promise<unknown>
  send(name: string, data: object): Promise<unknown>
  work(name: string, options: object, handler: (jobs: readonly { data: object }[]) => Promise<void>): Promise<string>
  notifyWorker(id: string): void
}
type BossClass = new (database: string) => Boss

const QUEUE = 'activities'
const BATCH = 64

const [, , module = '', database = '', target = ''] = process.argv
// Version 12 has a named export, earlier ones a default.
const loaded = (await import(module)) as { PgBoss?: BossClass; default?: BossClass }
const PgBoss = loaded.PgBoss ?? loaded.default
if (PgBoss === undefined) throw new Error(`${module} exports no class`)

const boss = new PgBoss(database)
boss.on('error', () => {})
await boss.start()
await boss.createQueue(QUEUE)
const { origin, pathname: path } = new URL(target)
const pool = new Pool(origin, { connections: BATCH, pipelining: 1 })
const worker = await boss.work(QUEUE, { batchSize: BATCH, pollingIntervalSeconds: 0.5 }, async (jobs) => {
  await Promise.all(
    jobs.map(async ({ data }) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await pool.request({ path, method: 'POST', headers, body: JSON.stringify(data) })
      await answer.body.dump()
      if (answer.statusCode >= 300) throw new Error(`answered ${answer.statusCode}`)
    }),
  )
})

const parser = new XMLParser({ ignoreAttributes: true })
const app = Fastify({ logger: false })
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post<{ Body: Buffer }>('/hook', async (request, reply) => {
  await boss.send(QUEUE, parser.parse(request.body) as object)
  boss.notifyWorker(worker)
  return reply.code(202).send()
})
process.on('disconnect', () => process.exit(0))
process.send?.({ origin: await app.listen({ host: '127.0.0.1', port: 0 }) })
