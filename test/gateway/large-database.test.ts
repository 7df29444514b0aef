import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { createRelay } from '../../src/gateway/relay.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { openStore } from '../../src/store/store.ts'
import { damageDeeply, writeLargeDatabase } from '../store/large-database.ts'
import { eventually } from './eventually.ts'
import { freshFolder, startRelay, writeConfig } from './running-relay.ts'
import { changed } from './tracker-says.ts'

t.setTimeout(120_000)

t.test('while a large database is examined the relay works, and says so', async (t) => {
  const path = writeConfig(freshFolder(t), { integrations: {}, projects: [] })
  const { config } = loadConfig({ path, environment: {}, connectors: [] })
  const lines: Record<string, unknown>[] = []
  let end = (): void => {}
  const examined = new Promise<void>((resolve) => {
    end = resolve
  })
  const relay = await createRelay({
    config,
    log: createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) }),
    version: '0.0.0-test',
    openStore: (database) => ({ ...openStore(database), examineLater: async () => true, examineWhole: () => examined }),
  })
  t.teardown(() => relay.close())
  const url = await relay.listen()
  const ready = async () => {
    const answer = await fetch(`${url}/readyz`)
    return [answer.status, await answer.json()]
  }
  const isExamined = async () => /^relay_store_examined (\d)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]
  const messages = (): unknown[] => lines.map(({ msg }) => msg).filter((msg) => /examined/.test(String(msg)))

  t.strictSame(messages(), ['the database is large: all of it is examined while the relay runs'])
  const notes = ['all of the database is being examined for damage']
  t.strictSame(await ready(), [200, { status: 'ok', problems: [], notes }])
  t.equal(await isExamined(), '0')
  end()
  await eventually(isExamined, (shown) => shown === '1', 'it is examined')
  t.equal(messages()[1], 'the database was examined and is not damaged')
  t.strictSame(await ready(), [200, { status: 'ok', problems: [] }])
})

t.test('when the large database of a running relay turns out to be damaged, hooks are told what to do', async (t) => {
  const folder = freshFolder(t)
  const file = join(folder, 'relay.db')
  await writeLargeDatabase(file)
  await damageDeeply(file)
  const relay = await startRelay(t, { folder })
  const { message } = await relay.relay.damage
  const repair = 'Put a backup in its place, or repair it with the sqlite3 program'
  t.match(message, `${repair}: "reindex" if only indexes are named, else ".recover"`)
  const answer = await relay.post(changed(1, { story: '109', state: 'accepted' }))
  t.match(answer.headers.get('content-type'), 'application/problem+json')
  t.strictSame(answer.json(), {
    type: 'urn:tracker-relay:store-unavailable',
    title: 'The activity could not be stored',
    status: 503,
    detail: `${message}; send it again`,
  })
  t.match((await relay.get('/readyz')).json(), {
    status: 'not ready',
    problems: [`the store cannot write: ${message}`],
  })
  await relay.stop()
  await t.rejects(startRelay(t, { folder }), { message }, 'the next start refuses it')
})

t.test('the sizes of the files of the database are shown', async (t) => {
  const relay = await startRelay(t)
  await relay.post(changed(1, { story: '109', state: 'accepted' }))
  const series = await relay.metrics()
  const { database = 0, wal = 0 } = (await relay.store.fileSizes()) ?? {}
  t.ok(database > 0 && wal > 0)
  t.equal(series.get('relay_store_file_bytes{file="database"}'), database)
  t.ok((series.get('relay_store_file_bytes{file="wal"}') ?? 0) > 0)
  t.equal(series.get('relay_store_examined'), 1)
})
