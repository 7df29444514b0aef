import t from 'tap'
import { ALL_TARGETS } from '../../../src/commands/demo/run.ts'
import { exampleConfig, exampleEnvironment } from '../../../src/config/example.ts'
import { loadConfig } from '../../../src/config/load.ts'
import type { IntegrationConfig } from '../../../src/config/schema.ts'
import { loadConnectors } from '../../../src/connectors/registry.ts'

const CONNECTORS = await loadConnectors()

/** One writes into the relay's own log; of the other the server is a library that only tests have. */
const NOT_PLAYED = ['log', 'email']

/** Nothing leaves the relay for those that only show tickets of theirs. */
function hasTarget({ type, configured: { tickets, imports } }: IntegrationConfig): boolean {
  return !NOT_PLAYED.includes(type) && (imports === undefined || tickets !== undefined)
}

t.test('the demo has a target for every connector that sends something', async (t) => {
  const types = new Set<unknown>()
  for (const target of ALL_TARGETS) {
    const running = await target.start()
    t.teardown(() => running.standIn.close())
    types.add(running.settings.type)
    t.strictSame(running.received(), [], `${target.name} has received nothing yet`)
  }
  // The example has an integration of every connector.
  const { config } = loadConfig({
    path: 'config/relay.example.yaml',
    environment: exampleEnvironment(CONNECTORS),
    connectors: CONNECTORS,
    readFile: () => exampleConfig(CONNECTORS),
  })
  const connectors = config.integrations.filter(hasTarget).map(({ type }) => type)
  t.strictSame([...types].sort(), connectors.sort())
})
