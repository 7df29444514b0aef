import { loadConfig } from '../../src/config/load.ts'
import type { ExternalStory } from '../../src/connectors/contract/connector.ts'
import { createRelay } from '../../src/gateway/relay.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { writeConfig } from '../gateway/running-relay.ts'
import { createShelf } from './shelf.ts'

/**
 * A relay in a process of its own, whose source has as many tickets as the first argument says; the second is its
 * folder. It says its address, and when it is asked how much memory it has had at most, in bytes.
 */
const PAGE = 500

const [count = '0', folder = ''] = process.argv.slice(2)
const shelf = createShelf()
shelf.show(async function* () {
  for (let first = 0; first < Number(count); first += PAGE) yield page(first)
})
const path = writeConfig(folder, {
  integrations: { shelf: { type: 'shelf', row: 'top', import: { public: true, cache_seconds: 3600 } } },
})
const { config } = loadConfig({ path, environment: {}, connectors: [shelf.connector] })
const relay = await createRelay({ config, log: createLogger('silent'), version: '0.0.0-test' })
process.send?.(await relay.listen())
process.on('message', () => process.send?.(process.resourceUsage().maxRSS * 1024))
process.on('disconnect', () => process.exit())

function page(first: number): ExternalStory[] {
  return Array.from({ length: Math.min(PAGE, Number(count) - first) }, (_, index) => ({
    externalId: `ENT-${first + index}`,
    name: `Ticket ${first + index}`,
    // No two alike, as they come from a parser.
    description: `${first + index} <b>Beam</b> it & them up. `.repeat(60),
    requestedBy: 'James Kirk',
    createdAt: new Date(1_228_867_200_000 + (first + index) * 1000),
    type: 'Bug',
    estimate: null,
  }))
}
