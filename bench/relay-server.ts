import { loadConfig } from '../src/config/load.ts'
import { loadConnectors } from '../src/connectors/registry.ts'
import { createRelay } from '../src/gateway/relay.ts'
import { createLogger } from '../src/observability/logger.ts'

const CONNECTORS = await loadConnectors()

// The real relay as `npm start` runs it, with its log thrown away.
const config = loadConfig({ path: process.argv[2] ?? '', environment: process.env, connectors: CONNECTORS }).config
const relay = await createRelay({ config, log: createLogger(config.log.level, { write() {} }), version: 'bench' })
process.stdout.write(`${await relay.listen()}\n`)
process.on('SIGTERM', () => {
  relay.close().then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
