import { readFileSync, statSync } from 'node:fs'
import { loadConfig } from '../config/load.ts'
import { ConfigError, format } from '../config/problem.ts'
import type { Config, IntegrationConfig, ProjectConfig } from '../config/schema.ts'
import { CONNECTOR_NAMES, loadConnectors } from '../connectors/registry.ts'
import type { Store } from '../store/store.ts'
import { configPath } from './config-path.ts'
import { complain } from './print.ts'
import { UsageError } from './usage-error.ts'

/** The address at which Tracker reaches the relay. @param listening used if the config has no public_url */
export function baseUrl(server: Config['server'], listening = `http://${server.host}:${server.port}`): string {
  return (server.public_url ?? listening).replace(/\/$/, '')
}

/**
 * Loads and checks the config; warnings go to standard error.
 * @throws {UsageError} with every problem on a line of its own
 */
export async function readConfig(option: string | undefined): Promise<Config> {
  const path = configPath(option)
  try {
    const { config, warnings } = await load(path)
    if (warnings.length > 0) complain(format(path, warnings).replace(/^/gm, 'warning: '))
    return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const count = error.problems.length
    throw new UsageError(`${error.message}\n${path} has ${count === 1 ? 'a problem' : `${count} problems`}`)
  }
}

/** Loads only the connectors that the file names, but all of them to report problems, which may be about their names. */
async function load(path: string): Promise<ReturnType<typeof loadConfig>> {
  const environment = process.env
  try {
    return loadConfig({ path, environment, connectors: await loadConnectors(namesIn(path)) })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return loadConfig({ path, environment, connectors: await loadConnectors() })
  }
}

/** Connectors whose names are anywhere in the file; `loadConfig` reports why a file cannot be read. */
function namesIn(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return []
  const text = readFileSync(path, 'utf8')
  return CONNECTOR_NAMES.filter((name) => text.includes(name))
}

export async function withStore<T>(
  option: string | undefined,
  work: (store: Store, config: Config) => Promise<T>,
): Promise<T> {
  const config = await readConfig(option)
  const { openStore } = await import('../store/store.ts')
  const store = openStore(config.database)
  try {
    await store.migrate()
    return await work(store, config)
  } finally {
    await store.close()
  }
}

/** @throws {UsageError} */
export function wholeNumber(text: string, what: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${what} must be a whole number, not "${text}"`)
  return Number(text)
}

/** @throws {UsageError} if there is none */
export function projectNamed({ projects }: Config, name: string): ProjectConfig {
  const project = projects.find(({ id }) => id === name)
  if (project !== undefined) return project
  throw new UsageError(`the config has no project "${name}", only: ${projects.map(({ id }) => id).join(', ')}`)
}

/** @throws {UsageError} if there is none */
export function integrationNamed({ integrations }: Config, wanted: string): IntegrationConfig {
  const found = integrations.find(({ name }) => name === wanted)
  if (found !== undefined) return found
  const names = integrations.length === 0 ? 'none' : integrations.map(({ name }) => name).join(', ')
  throw new UsageError(`the config has no integration "${wanted}", only: ${names}`)
}

/** "-" is standard input. @throws {UsageError} if the file cannot be read */
export function bytesIn(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`)
  }
}
