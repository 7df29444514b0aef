import { dirname, isAbsolute, resolve as pathFrom } from 'node:path'
import type { Static } from 'typebox'
import type { Connector } from '../connectors/contract/connector.ts'
import type { Source } from '../sources/contract/source.ts'
import { errorsIn, parseRoot, unknownType } from './checks.ts'
import { configureIntegrations } from './configure.ts'
import { readDocument } from './document.ts'
import { integrationSchema } from './integration-schema.ts'
import { plainHost } from './listening.ts'
import type { Path } from './path.ts'
import { ConfigError, type ConfigProblem, concerns, inOrder, problemWith, type Tell } from './problem.ts'
import { type projectSchema, TRACKER_STORY } from './project.ts'
import { readRegularFile } from './regular-file.ts'
import { type ReadFile, resolve, whyUnreadable } from './resolve.ts'
import { broken, doubtful } from './rules.ts'
import { type Config, type IntegrationConfig, type ProjectConfig, rootSchema, type SourceConfig } from './schema.ts'
import { asSchema, isRecord, type Schema } from './schema-walk.ts'
import { configureSources, sourceSchemas, spellSourcesOut } from './sources.ts'
import type { Environment } from './substitute.ts'
import { validate } from './validate.ts'

interface LoadOptions {
  readonly path: string
  readonly environment: Environment
  readonly connectors: readonly Connector[]
  /** Those besides Tracker. */
  readonly sources?: readonly Source[]
  /** Default: from the disk, as UTF-8 and nothing else. */
  readonly readFile?: ReadFile
}

interface Loaded {
  readonly config: Config
  readonly warnings: readonly ConfigProblem[]
  /** `database.file` as it is written. */
  readonly writtenDatabaseFile: string
}

/**
 * Reads and checks the configuration.
 * @throws {ConfigError} with everything that is wrong with it
 */
export function loadConfig(options: LoadOptions): Loaded {
  const { path: file, environment, readFile = readText } = options
  const connectors = new Map(options.connectors.map((connector) => [connector.name, connector]))
  const sources = new Map((options.sources ?? []).map((source) => [source.name, source]))
  const written = readDocument(content(file, readFile), environment)
  const { tell } = written
  // Nothing else can be checked in a file that is not YAML.
  if (written.value === undefined) throw new ConfigError(file, written.problems)
  spellSourcesOut(written.value)
  const schemas = [
    asSchema(rootSchema),
    integrationSchemas(integrationsIn(written.value), connectors),
    sourceSchemas(written.value, sources),
  ] as const
  const resolved = resolve(written, schemas, dirname(file), readFile)
  const unreadable = [...written.problems, ...resolved.problems]
  // Copied because the check fills in the defaults.
  const asWritten = structuredClone(resolved.value)
  const root = resolved.value
  const invalid = [
    ...unreadable,
    ...validate((value) => errorsIn(value, connectors, sources), schemas, root, written, unreadable),
  ]
  const isSound = (path: Path): boolean => !invalid.some((one) => concerns(one, path))
  const dataFolder = dataFolderOf(root, environment, dirname(file))
  const { configured, problems } = configureIntegrations(
    integrationsIn(root),
    integrationsIn(asWritten),
    connectors,
    tell,
    isSound,
    dataFolder ?? '',
  )
  const ofSources = configureSources(root, asWritten, sources, tell, isSound)
  const all = [
    ...invalid,
    ...problems,
    ...ofSources.problems,
    ...(isRecord(root) ? [...broken(root, tell, isSound), ...silent(root.notices, configured, tell)] : []),
    ...(dataFolder === null ? [tell(['data_dir'], RELATIVE_DATA)] : []),
  ]
  if (all.length > 0 || !isRecord(root) || dataFolder === null) throw new ConfigError(file, all)
  const values = parseRoot(root)
  return {
    config: {
      ...values,
      server: { ...values.server, host: plainHost(values.server.host) },
      data_dir: dataFolder,
      database: { ...values.database, file: pathFrom(dataFolder, values.database.file) },
      imports: { ...values.imports, folder: pathFrom(dataFolder, values.imports.folder) },
      projects: values.projects.map((each, index) => project(each, ofSources.configured.get(index))),
      integrations: configured,
    },
    warnings: inOrder(doubtful(root, tell)),
    writtenDatabaseFile: values.database.file,
  }
}

/** Integrations that are to carry notices and cannot: a ticket is no place for them, and the public is not meant. */
function silent(notices: unknown, configured: readonly IntegrationConfig[], tell: Tell): ConfigProblem[] {
  const names = isRecord(notices) && Array.isArray(notices.to) ? notices.to : []
  return names.flatMap((name: unknown, position) => {
    const found = configured.find((one) => one.name === name)
    if (found === undefined || found.configured.notices === true) return []
    const expected = 'an integration of the type campfire, slack, teams, discord, matrix, email, log or webhook'
    return [
      tell(['notices', 'to', position], { expected, found: `${JSON.stringify(name)}, of the type ${found.type}` }),
    ]
  })
}

const RELATIVE_DATA = {
  says: 'is not set, and the environment variable RELAY_DATA in its place must be an absolute path, so that every command finds the same folder',
}

/** Null if RELAY_DATA is in force and relative: it would mean another folder in each working directory. */
function dataFolderOf(root: unknown, environment: Environment, configFolder: string): string | null {
  const written = isRecord(root) ? root.data_dir : undefined
  if (typeof written === 'string') return pathFrom(configFolder, written)
  const given = environment.RELAY_DATA
  if (given === undefined || given === '') return pathFrom(configFolder)
  return isAbsolute(given) ? given : null
}

/** The settings of the integrations, which `rootSchema` leaves open because they depend on the type. */
function integrationSchemas(
  integrations: Readonly<Record<string, unknown>>,
  connectors: ReadonlyMap<string, Connector>,
): Schema {
  const properties = Object.fromEntries(
    Object.entries(integrations).map(([name, settings]) => {
      const connector =
        isRecord(settings) && typeof settings.type === 'string' ? connectors.get(settings.type) : undefined
      return [name, connector === undefined ? unknownType(connectors) : integrationSchema(connector)]
    }),
  )
  return { type: 'object', properties: { integrations: { type: 'object', properties } } }
}

function integrationsIn(root: unknown): Readonly<Record<string, unknown>> {
  return isRecord(root) && isRecord(root.integrations) ? root.integrations : {}
}

function project(
  { secret, secrets = [], tracker, source: _, ...rest }: Static<typeof projectSchema>,
  source: SourceConfig | undefined,
): ProjectConfig {
  return {
    ...rest,
    name: rest.name ?? rest.id,
    secrets: secret === undefined ? secrets : [secret],
    story_url: rest.story_url ?? (source === undefined ? TRACKER_STORY : null),
    ...(source === undefined ? {} : { source }),
    ...(tracker === undefined
      ? {}
      : { tracker: { ...tracker, api_url: tracker.api_url.replaceAll('{version}', tracker.version) } }),
  }
}

function content(file: string, readFile: ReadFile): string {
  try {
    return readFile(file)
  } catch (error) {
    throw new ConfigError(file, [problemWith([], null, { says: whyUnreadable(error) })])
  }
}

function readText(path: string): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readRegularFile(path))
}
