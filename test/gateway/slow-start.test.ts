import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { createRelay } from '../../src/gateway/relay.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { openStore } from '../../src/store/store.ts'
import { freshFolder, writeConfig } from './running-relay.ts'

t.test('a start that takes long, since a large database is examined, says why', async (t) => {
  const path = writeConfig(freshFolder(t), { integrations: {}, projects: [] })
  const { config } = loadConfig({ path, environment: {}, connectors: [] })
  const lines: string[] = []
  const pauses: number[] = []
  let pauseEnds = (): void => {}
  const long = new Promise<void>((resolve) => {
    pauseEnds = resolve
  })
  const relay = await createRelay({
    config,
    log: createLogger('info', { write: (line) => void lines.push(line) }),
    version: '0.0.0-test',
    pause(ms) {
      pauses.push(ms)
      return pauses.length === 1 ? long : new Promise(() => {})
    },
    openStore(database) {
      const store = openStore(database)
      return {
        ...store,
        async examineWhole() {
          pauseEnds()
          await long
          await store.examineWhole()
        },
      }
    },
  })
  await relay.close()
  t.equal(pauses[0], 2000)
  t.equal(lines.filter((line) => line.includes('the database is examined before the relay listens')).length, 1)
})
