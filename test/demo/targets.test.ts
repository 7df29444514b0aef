import t from 'tap'
import { TARGETS } from '../../demo/targets.ts'
import type { Connector } from '../../src/connectors/contract/connector.ts'
import { CONNECTORS } from '../../src/connectors/registry.ts'

/** Nothing leaves the relay for these: one writes into its log, the others only show tickets of theirs. */
function hasTarget({ name, needsTicket, storyTypes }: Connector): boolean {
  return name !== 'log' && (storyTypes === undefined || needsTicket === true)
}

t.test('the demo has a target for every connector that sends something', async (t) => {
  const types = new Set<unknown>()
  for (const target of TARGETS) {
    const running = await target.start()
    t.teardown(() => running.standIn.close())
    types.add(running.settings.type)
    t.strictSame(running.received(), [], `${target.name} has received nothing yet`)
  }
  const connectors = CONNECTORS.filter(hasTarget).map(({ name }) => name)
  t.strictSame([...types].sort(), connectors.sort())
})
