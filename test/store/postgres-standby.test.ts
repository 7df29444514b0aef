import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { openOwnCluster, run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { entry } from './database.ts'

const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test('what an administrator lets go without the synchronous standby is not acknowledged', { skip }, async (t) => {
  const server = await openOwnCluster()
  t.teardown(() => server.close())
  const store = openStore({ client: 'postgres', file: '', url: server.url })
  t.teardown(() => store.close())
  await store.migrate()
  const standby = async (name: string): Promise<void> => {
    await run(server.url, `alter system set synchronous_standby_names = '${name}'`)
    await run(server.url, 'select pg_reload_conf()')
  }
  await standby('nobody')
  let number = 0
  let refused: unknown = null
  // The server begins to wait for its standby some moments after it was told to.
  while (refused === null) {
    number += 1
    let answered = false
    const appended = store.append(entry(number, ['room'])).then(
      () => null,
      (error: unknown) => error,
    )
    void appended.finally(() => {
      answered = true
    })
    while (!answered)
      await run(server.url, "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'")
    refused = await appended
  }
  t.match(refused, { reason: 'unavailable', message: /synchronous standby .* did not confirm/ })
  await standby('')
  t.match(await store.append(entry(number, ['room'])), { duplicate: true }, 'it is there once')
  t.match(await store.append(entry(number + 1, ['room'])), { duplicate: false }, 'and work goes on')
})
