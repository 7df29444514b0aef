import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { openOwnCluster, run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { entry } from './database.ts'

const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test('what the synchronous standby does not confirm is not acknowledged', { skip }, async (t) => {
  const server = await openOwnCluster()
  t.teardown(() => server.close())
  const store = openStore({ client: 'postgres', file: '', url: server.url, statement_timeout_seconds: 1 })
  t.teardown(() => store.close())
  await store.migrate()
  const standby = async (name: string): Promise<void> => {
    await run(server.url, `alter system set synchronous_standby_names = '${name}'`)
    await run(server.url, 'select pg_reload_conf()')
  }
  /** The server begins to wait for its standby some moments after it was told to. */
  async function firstRefused(): Promise<{ readonly number: number; readonly error: unknown }> {
    for (let number = 1; ; number += 1)
      try {
        await store.append(entry(number, ['room']))
      } catch (error) {
        return { number, error }
      }
  }
  await standby('nobody')
  const { number, error } = await firstRefused()
  t.match(error, { reason: 'unavailable', message: /synchronous standby .* did not confirm/ })
  await standby('')
  t.match(await store.append(entry(number, ['room'])), { duplicate: true }, 'it is there once')
  t.match(await store.append(entry(number + 1, ['room'])), { duplicate: false }, 'and work goes on')
})
