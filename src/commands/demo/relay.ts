import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { stringify } from 'yaml'
import { loadChecks } from '../../config/checks.ts'
import { loadConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import { loadConnectors } from '../../connectors/registry.ts'
import { MADE_TOKEN } from '../../gateway/admin-tokens.ts'
import { createRelay, type Relay } from '../../gateway/relay.ts'
import { createLogger } from '../../observability/logger.ts'
import { signInLink } from '../../routes/pages/sign-in-link.ts'
import { version } from '../config-path.ts'

const CONNECTORS = await loadConnectors()

/** The project that the recorded activities belong to. */
export const PROJECT_ID = '26'

export interface DemoRelay {
  readonly relay: Relay
  readonly config: Config
  readonly url: string
  readonly hook: string
  /** Signs a browser in to the page, for ten minutes. */
  readonly page: string
  readonly configFile: string
  readonly logFile: string
}

/** Short waits, so that a target that fails for a moment is seen to recover while one looks on. */
const IMPATIENT = {
  timeout_seconds: 10,
  retry: { schedule_seconds: [1, 1, 2, 2, 4, 4, 8, 8], jitter: 0 },
  breaker: { failures: 2, probe_seconds: [1], credentials_probe_seconds: 1 },
}

/** Starts the relay on a fresh database in the folder, with a config file that is written and read like anybody's. */
export async function startDemoRelay(
  folder: string,
  integrations: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Promise<DemoRelay> {
  const secret = randomBytes(16).toString('hex')
  const configFile = join(folder, 'relay.yaml')
  const logFile = join(folder, 'relay.log')
  const written = {
    server: { host: '127.0.0.1', port: 0, stop_timeout_seconds: 2 },
    database: { file: join(folder, 'relay.db') },
    imports: { folder: join(folder, 'imports') },
    projects: [{ id: PROJECT_ID, name: 'Enterprise', secret, integrations: Object.keys(integrations) }],
    integrations: Object.fromEntries(
      Object.entries(integrations).map(([name, settings]) => [name, { ...IMPATIENT, ...settings }]),
    ),
  }
  writeFileSync(configFile, stringify(written), { mode: 0o600 })
  await loadChecks(CONNECTORS)
  const { config } = loadConfig({ path: configFile, environment: {}, connectors: CONNECTORS })
  const log = createLogger(config.log.level, pino.destination({ dest: logFile, sync: true }))
  const token = randomBytes(24).toString('base64url')
  const relay = await createRelay({ config, log, version: version(), adminToken: () => token })
  const url = await relay.listen()
  const page = signInLink(url, { ...MADE_TOKEN, token }, Date.now())
  return { relay, config, url, page, hook: `${url}/hooks/${PROJECT_ID}/${secret}`, configFile, logFile }
}
