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
import { loadSources } from '../../sources/registry.ts'
import { version } from '../config-path.ts'

const CONNECTORS = await loadConnectors()

/** The project that the recorded activities belong to. */
export const PROJECT_ID = '26'

export interface DemoRelay {
  readonly relay: Relay
  readonly config: Config
  readonly url: string
  /** @throws {Error} if the demo has no such project */
  hookOf(projectId: string): string
  /** Signs a browser in to the page, for ten minutes. */
  readonly page: string
  readonly configFile: string
  readonly logFile: string
}

/** A project of the demo, with the settings of its integrations by their names. */
export interface DemoProject {
  readonly id: string
  readonly name: string
  /** Absent: Tracker. */
  readonly source?: Readonly<Record<string, unknown>>
  readonly integrations: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Short waits, so that a target that fails for a moment is seen to recover while one looks on. */
const IMPATIENT = {
  timeout_seconds: 10,
  retry: { schedule_seconds: [1, 1, 2, 2, 4, 4, 8, 8], jitter: 0 },
  breaker: { failures: 2, probe_seconds: [1], credentials_probe_seconds: 1 },
}

/** Starts the relay on a fresh database in the folder, with a config file that is written and read like anybody's. */
export async function startDemoRelay(folder: string, projects: readonly DemoProject[]): Promise<DemoRelay> {
  const secrets = new Map(projects.map(({ id }) => [id, randomBytes(16).toString('hex')]))
  const integrations = projects.flatMap((project) => Object.entries(project.integrations))
  const configFile = join(folder, 'relay.yaml')
  const logFile = join(folder, 'relay.log')
  const written = {
    server: { host: '127.0.0.1', port: 0, stop_timeout_seconds: 2 },
    database: { file: join(folder, 'relay.db') },
    imports: { folder: join(folder, 'imports') },
    projects: projects.map((project) => ({
      ...project,
      secret: secrets.get(project.id),
      integrations: Object.keys(project.integrations),
    })),
    integrations: Object.fromEntries(integrations.map(([name, settings]) => [name, { ...IMPATIENT, ...settings }])),
  }
  writeFileSync(configFile, stringify(written), { mode: 0o600 })
  const sources = await loadSources()
  await loadChecks(CONNECTORS, sources)
  const { config } = loadConfig({ path: configFile, environment: {}, connectors: CONNECTORS, sources })
  const log = createLogger(config.log.level, pino.destination({ dest: logFile, sync: true }))
  const token = randomBytes(24).toString('base64url')
  const relay = await createRelay({ config, log, version: version(), adminToken: () => token })
  const url = await relay.listen()
  const page = signInLink(url, { ...MADE_TOKEN, token }, Date.now())
  const hookOf = (id: string): string => {
    const secret = secrets.get(id)
    if (secret === undefined) throw new Error(`the demo has no project ${id}`)
    return `${url}/hooks/${id}/${secret}`
  }
  return { relay, config, url, page, hookOf, configFile, logFile }
}
