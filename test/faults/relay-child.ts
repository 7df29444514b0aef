import { once } from 'node:events'
import { appendFileSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { loadChecks } from '../../src/config/checks.ts'
import { loadConfig } from '../../src/config/load.ts'
import { CONNECTOR_NAMES, loadConnectors } from '../../src/connectors/registry.ts'
import { createRelay } from '../../src/gateway/relay.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { openStore } from '../../src/store/store.ts'
import type { Death } from './death.ts'

/** What is unusual about a relay process. */
export interface ChildOptions {
  /** How far its clock is ahead of the machine's; negative: behind. */
  readonly clockAheadMs?: number
  /** It kills itself at this statement. Its store is then not in a thread of its own. */
  readonly death?: Death
  /** Where its warnings and errors go, line by line. */
  readonly logFile?: string
}

/**
 * A relay as a process of its own, for tests that kill and stop it: `node relay-child.js CONFIG LEASE_MS OPTIONS`. It
 * loads its code, says so on standard output, waits for a word on standard input, and says its address once it listens.
 * A later line `clock MS` sets how far its clock is ahead from then on.
 */
const [, , path = '', leaseMs = '', given = '{}'] = process.argv
const { clockAheadMs = 0, death, logFile } = JSON.parse(given) as ChildOptions
let aheadMs = clockAheadMs
// Only those that are used: to load all of them takes as long as everything else.
const text = readFileSync(path, 'utf8')
const connectors = await loadConnectors(CONNECTOR_NAMES.filter((name) => text.includes(name)))
await loadChecks(connectors)
const lines = createInterface({ input: process.stdin })
// When the process that started it is gone, this ends, so that none is left behind.
lines.on('close', () => process.exit(0))
process.stdout.write('loaded\n')
await once(lines, 'line')
lines.on('line', (line) => {
  const [, ms] = /^clock (-?\d+)$/.exec(line) ?? []
  if (ms !== undefined) aheadMs = Number(ms)
})
const { config } = loadConfig({ path, environment: {}, connectors })
// It loads the drivers of all databases.
if (death !== undefined) (await import('./death.ts')).dieAt(death)
const relay = await createRelay({
  config,
  log:
    logFile === undefined
      ? createLogger(config.log.level)
      : createLogger('warn', { write: (line) => appendFileSync(logFile, line) }),
  version: '0.0.0',
  leaseMs: Number(leaseMs),
  now: () => Date.now() + aheadMs,
  steady: () => performance.now(),
  ...(death === undefined ? {} : { openStore }),
})
process.stdout.write(`${await relay.listen()}\n`)
process.once('SIGTERM', () => {
  void relay.close().then(() => process.exit(0))
})
