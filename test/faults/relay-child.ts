import { once } from 'node:events'
import { loadConfig } from '../../src/config/load.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { createRelay } from '../../src/gateway/relay.ts'
import { createLogger } from '../../src/observability/logger.ts'

const CONNECTORS = await loadConnectors()

/**
 * A relay as a process of its own, for tests that kill and stop it: `node relay-child.js CONFIG LEASE_MS`. It loads
 * its code, says so on standard output, waits for a word on standard input, and says its address once it listens.
 */
const [, , path = '', leaseMs = ''] = process.argv
// When the process that started it is gone, this ends, so that none is left behind.
process.stdin.on('end', () => process.exit(0))
process.stdout.write('loaded\n')
await once(process.stdin, 'data')
const { config } = loadConfig({ path, environment: {}, connectors: CONNECTORS })
const relay = await createRelay({
  config,
  log: createLogger(config.log.level),
  version: '0.0.0',
  leaseMs: Number(leaseMs),
})
process.stdout.write(`${await relay.listen()}\n`)
process.once('SIGTERM', () => {
  void relay.close().then(() => process.exit(0))
})
