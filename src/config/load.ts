import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Static } from 'typebox'
import type { Configured, Connector } from '../connectors/contract/connector.ts'
import { commonSchema } from './common-settings.ts'
import { configureIntegrations } from './configure.ts'
import { readDocument } from './document.ts'
import { integrationSchema, ownSettings, pick } from './integration-schema.ts'
import type { Path } from './path.ts'
import { ConfigError, type ConfigProblem, concerns, inOrder, problemWith } from './problem.ts'
import type { projectSchema } from './project.ts'
import { type ReadFile, resolve, whyUnreadable } from './resolve.ts'
import { broken, doubtful } from './rules.ts'
import { type Config, type IntegrationConfig, type ProjectConfig, rootSchema } from './schema.ts'
import { isRecord, type Schema } from './schema-walk.ts'
import type { Environment } from './substitute.ts'
import { parse, validate } from './validate.ts'

interface LoadOptions {
  readonly path: string
  readonly environment: Environment
  readonly connectors: readonly Connector[]
  /** Default: from the disk, as UTF-8 and nothing else. */
  readonly readFile?: ReadFile
}

/**
 * Reads and checks the configuration.
 * @throws {ConfigError} with everything that is wrong with it
 */
export function loadConfig(options: LoadOptions): { config: Config; warnings: readonly ConfigProblem[] } {
  const { path: file, environment, readFile = readText } = options
  const connectors = new Map(options.connectors.map((connector) => [connector.name, connector]))
  const written = readDocument(content(file, readFile), environment)
  const { tell } = written
  // Of a file that is not YAML nothing more can be said.
  if (written.value === undefined) throw new ConfigError(file, written.problems)
  const schema = schemaFor(integrationsIn(written.value), connectors)
  const resolved = resolve(written, schema, dirname(file), readFile)
  const unreadable = [...written.problems, ...resolved.problems]
  // The check fills in the defaults.
  const asWritten = structuredClone(resolved.value)
  const root = resolved.value
  const invalid = [...unreadable, ...validate(schema, root, written, unreadable)]
  const isSound = (path: Path): boolean => !invalid.some((one) => concerns(one, path))
  const { configured, problems } = configureIntegrations(integrationsIn(root), connectors, tell, isSound)
  const all = [...invalid, ...problems, ...(isRecord(root) ? broken(root, tell, isSound) : [])]
  if (all.length > 0 || !isRecord(root)) throw new ConfigError(file, all)
  return {
    config: result(root, connectors, configured, integrationsIn(asWritten)),
    warnings: inOrder(doubtful(root, tell)),
  }
}

/** The whole file's schema, with each integration's own in its place. */
function schemaFor(
  integrations: Readonly<Record<string, unknown>>,
  connectors: ReadonlyMap<string, Connector>,
): Schema {
  const unknownType = {
    type: 'object',
    properties: { type: { enum: [...connectors.keys()] } },
    required: ['type'],
  }
  const properties = Object.fromEntries(
    Object.entries(integrations).map(([name, settings]) => {
      const connector =
        isRecord(settings) && typeof settings.type === 'string' ? connectors.get(settings.type) : undefined
      return [name, connector === undefined ? unknownType : integrationSchema(connector)]
    }),
  )
  return {
    ...rootSchema,
    properties: { ...rootSchema.properties, integrations: { type: 'object', properties, default: {} } },
  }
}

function result(
  root: unknown,
  connectors: ReadonlyMap<string, Connector>,
  allConfigured: ReadonlyMap<string, Configured>,
  allWritten: Readonly<Record<string, unknown>>,
): Config {
  const values = parse(rootSchema, root)
  const integrations = Object.entries(values.integrations).flatMap(([name, all]): IntegrationConfig[] => {
    const connector = connectors.get(all.type)
    const configured = allConfigured.get(name)
    if (connector === undefined || configured === undefined) return []
    const settings = pick(all, Object.keys(ownSettings(connector)))
    const common = parse(commonSchema, pick(all, Object.keys(commonSchema.properties)))
    const asWritten = allWritten[name]
    const { type, ...written } = isRecord(asWritten) ? asWritten : {}
    return [{ name, type: all.type, connector, settings, configured, common, written }]
  })
  return { ...values, projects: values.projects.map(project), integrations }
}

function integrationsIn(root: unknown): Readonly<Record<string, unknown>> {
  return isRecord(root) && isRecord(root.integrations) ? root.integrations : {}
}

function project({ secret, secrets = [], tracker, ...rest }: Static<typeof projectSchema>): ProjectConfig {
  return {
    ...rest,
    name: rest.name ?? rest.id,
    secrets: secret === undefined ? secrets : [secret],
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
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
}
