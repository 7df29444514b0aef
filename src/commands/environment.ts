import { existsSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { loadChecks } from '../config/checks.ts'
import { reachableHost } from '../config/listening.ts'
import { loadConfig } from '../config/load.ts'
import { nearest } from '../config/nearest.ts'
import { ConfigError, format } from '../config/problem.ts'
import type { Config, IntegrationConfig, ProjectConfig } from '../config/schema.ts'
import { CONNECTOR_NAMES, loadConnectors } from '../connectors/registry.ts'
import { loadSources, SOURCE_NAMES } from '../sources/registry.ts'
import type { Store } from '../store/store.ts'
import { CommandFailed } from './command-failed.ts'
import { configPath, demoConfigPath, usualConfigPath } from './config-path.ts'
import { complain } from './print.ts'
import { UsageError } from './usage-error.ts'

/** The address at which Tracker reaches the relay. @param listening used if the config has no public_url */
export function baseUrl(server: Config['server'], listening: string): string {
  return (server.public_url ?? listening).replace(/\/$/, '')
}

/**
 * Like `baseUrl`, without a relay that runs: an address that works on this machine if the config has no public_url.
 * @throws {CommandFailed} if the config does not say at which port
 */
export function configuredBaseUrl(server: Config['server']): string {
  const { public_url, host, port, socket } = server
  if (public_url !== undefined) return baseUrl(server, '')
  if (socket !== undefined)
    throw new CommandFailed(
      'server.socket has no address of its own; set server.public_url to the address at which Tracker reaches the proxy before it',
    )
  if (port === 0)
    throw new CommandFailed(
      'server.port is 0, so the port changes with each start; set server.port, or server.public_url to the address at which Tracker reaches the relay',
    )
  complain('server.public_url is not set, so these are addresses on this machine; set it to what Tracker can reach')
  const reachable = reachableHost(host)
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

/** What every command takes. */
export interface ConfigOptions {
  readonly config?: string
  /** Names the config and the database on standard error. */
  readonly verbose?: boolean
}

/**
 * Loads and checks the config; warnings go to standard error.
 * @throws {CommandFailed} with every problem on a line of its own
 */
export async function readConfig(options: ConfigOptions): Promise<Config> {
  return (await readConfigAt(pathOf(options), options)).config
}

/** Like `readConfig`, for a command that reports the warnings itself. The cause of a failure may be a `ConfigError`. */
export async function readConfigWithWarnings(
  options: ConfigOptions,
): Promise<{ path: string } & Pick<ReturnType<typeof loadConfig>, 'config' | 'warnings'>> {
  const path = pathOf(options)
  return { path, ...(await loadAt(path, options)) }
}

/** Like `readConfig`, but without a config it takes the one that comes with the relay, and says so. */
export async function readConfigOrDemo(options: ConfigOptions): Promise<Config> {
  const path = configPath(options.config)
  if (path !== null) return (await readConfigAt(path, options)).config
  const demo = demoConfigPath()
  complain(`${NO_CONFIG()}, so this is the demo config that comes with the relay: ${demo}`)
  return (await readConfigAt(demo, options)).config
}

const NO_CONFIG = (): string => `neither --config nor RELAY_CONFIG names a config, and there is no ${usualConfigPath()}`

function pathOf(options: ConfigOptions): string {
  const path = configPath(options.config)
  if (path === null) throw new CommandFailed(NO_CONFIG())
  return path
}

async function readConfigAt(path: string, options: ConfigOptions): Promise<ReturnType<typeof loadConfig>> {
  const loaded = await loadAt(path, options)
  if (loaded.warnings.length > 0) complain(format(path, loaded.warnings).replace(/^/gm, 'warning: '))
  return loaded
}

async function loadAt(path: string, { verbose }: ConfigOptions): Promise<ReturnType<typeof loadConfig>> {
  try {
    const loaded = await load(path)
    refuseFormerPlace(path, loaded)
    if (verbose === true) complain(`config:   ${resolve(path)}\ndatabase: ${placeOf(loaded.config.database)}`)
    return loaded
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const count = error.problems.length
    throw new CommandFailed(`${error.message}\n${path} has ${count === 1 ? 'a problem' : `${count} problems`}`, {
      cause: error,
    })
  }
}

/**
 * Version 0.1.0 took `database.file` as relative to the working directory. If only that finds a database, an upgrade would
 * begin an empty one, and look as if everything had been lost.
 */
function refuseFormerPlace(path: string, { config, writtenDatabaseFile }: ReturnType<typeof loadConfig>): void {
  const { client, file } = config.database
  if (client !== 'sqlite' || isAbsolute(writtenDatabaseFile) || existsSync(file)) return
  const former = resolve(writtenDatabaseFile)
  if (former === file || !existsSync(former)) return
  throw new CommandFailed(
    `the database "${writtenDatabaseFile}" that ${resolve(path)} names is looked for at ${file}, where there is none, but ${former} exists: earlier versions took it as relative to the working directory. If that is the one, set data_dir: ${process.cwd()} in the config, or RELAY_DATA=${process.cwd()} in the environment; if not, run this from another directory`,
  )
}

/** Where a database is, without its password. */
export function placeOf({ client, file, url = '' }: Pick<Config['database'], 'client' | 'file' | 'url'>): string {
  if (client === 'sqlite') return file
  if (!URL.canParse(url)) return 'PostgreSQL'
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

/** Loads only the connectors and sources that the file names, but all of them to report problems, which may be about their names. */
async function load(path: string): Promise<ReturnType<typeof loadConfig>> {
  const environment = process.env
  try {
    const connectors = await loadConnectors(namesIn(path, CONNECTOR_NAMES))
    const sources = await loadSources(namesIn(path, SOURCE_NAMES))
    await loadChecks(connectors, sources)
    return loadConfig({ path, environment, connectors, sources })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const connectors = await loadConnectors()
    const sources = await loadSources()
    await loadChecks(connectors, sources)
    return loadConfig({ path, environment, connectors, sources })
  }
}

/** Those of the names that are anywhere in the file; `loadConfig` reports why a file cannot be read. */
function namesIn(path: string, names: readonly string[]): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return []
  const text = readFileSync(path, 'utf8')
  return names.filter((name) => text.includes(name))
}

/**
 * Opens the database for a command, and brings it up to date.
 * @throws {CommandFailed} if there is none: only `start` and `migrate` make one
 */
export async function withStore<T>(
  options: ConfigOptions,
  work: (store: Store, config: Config) => Promise<T>,
): Promise<T> {
  const path = pathOf(options)
  const { config } = await readConfigAt(path, options)
  const none = (): CommandFailed =>
    new CommandFailed(
      `there is no database at ${placeOf(config.database)}, which ${resolve(path)} names; "tracker-relay start" or "tracker-relay migrate" makes it`,
    )
  if (config.database.client === 'sqlite' && !existsSync(config.database.file)) throw none()
  return await opened(config, async (store) => {
    if (!(await store.isMade())) throw none()
    await store.migrate()
    return await work(store, config)
  })
}

/** Makes the database if there is none. @returns the names of the migrations that were applied */
export async function migrateDatabase(config: Config): Promise<readonly string[]> {
  return await opened(config, (store) => store.migrate())
}

async function opened<T>({ database }: Config, work: (store: Store) => Promise<T>): Promise<T> {
  const { openStore } = await import('../store/store.ts')
  const store = openStore(database)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** @throws {UsageError} */
export function wholeNumber(text: string, what: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${what} must be a whole number, not "${text}"`)
  return Number(text)
}

/** @throws {CommandFailed} if there is none */
export function projectNamed({ projects }: Config, name: string): ProjectConfig {
  const project = projects.find(({ id }) => id === name)
  if (project !== undefined) return project
  throw new CommandFailed(`the config has no project "${name}", only: ${projects.map(({ id }) => id).join(', ')}`)
}

/** @throws {CommandFailed} if there is none */
export function integrationNamed({ integrations }: Config, wanted: string): IntegrationConfig {
  const found = integrations.find(({ name }) => name === wanted)
  if (found !== undefined) return found
  throw noIntegration(
    wanted,
    integrations.map(({ name }) => name),
  )
}

export function noIntegration(wanted: string, names: readonly string[]): CommandFailed {
  const meant = nearest(wanted, names)
  const hint = meant === null ? `, only: ${names.join(', ') || 'none'}` : `; did you mean "${meant}"?`
  return new CommandFailed(`the config has no integration "${wanted}"${hint}`)
}

/** "-" is standard input. @throws {CommandFailed} if the file cannot be read */
export function bytesIn(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    throw new CommandFailed(`${file} cannot be read: ${(error as Error).message}`)
  }
}
