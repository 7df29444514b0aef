import t from 'tap'
import { TARGETS } from '../../demo/targets.ts'
import { CONNECTORS } from '../../src/connectors/registry.ts'

/** Writes into the relay's own log, so that there is no target to stand in for. */
const WITHOUT_TARGET = ['log']

t.test('the demo has a target for every connector', async (t) => {
  const types = new Set<unknown>()
  for (const target of TARGETS) {
    const running = await target.start()
    t.teardown(() => running.standIn.close())
    types.add(running.settings.type)
    t.strictSame(running.received(), [], `${target.name} has received nothing yet`)
  }
  const connectors = CONNECTORS.map(({ name }) => name).filter((name) => !WITHOUT_TARGET.includes(name))
  t.strictSame([...types].sort(), connectors.sort())
})
