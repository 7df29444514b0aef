import { pathToFileURL } from 'node:url'
import { openCluster, withoutPostgres } from '../../test/connectors/other/postgres-cluster.ts'
import { end, startChild } from '../child.ts'
import { installed, type Peer } from './peer.ts'

export const pgBoss: Peer = {
  name: 'pg-boss',
  note: `the same Fastify route, the XML parsed, a job inserted into PostgreSQL before the 202; its worker fetches 64 jobs at a time,
told of new ones, and posts them together. Only the Node process is counted under "µs each", PostgreSQL is not. No duplicates
found, no order per story, a batch fails as a whole, no look at the target before a repeat.`,

  async start({ target }) {
    const found = installed('pg-boss')
    if (found === null) return 'not installed'
    if (withoutPostgres !== null) return withoutPostgres
    const cluster = await openCluster({ isDurable: true })
    try {
      const module = pathToFileURL(found.resolve('pg-boss')).href
      const child = await startChild('servers/pg-boss-route.js', [module, cluster.url, target])
      const { origin } = child.first as { origin: string }
      return {
        origin,
        path: '/hook',
        pid: child.pid,
        version: found.version,
        async stop() {
          await end(child.process)
          await cluster.close()
        },
      }
    } catch (error) {
      await cluster.close()
      throw error
    }
  },
}
