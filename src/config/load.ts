import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Configured, Connector } from '../connectors/contract/connector.ts'
import { commonSchema } from './common-settings.ts'
import { configureIntegrations } from './configure.ts'
import { readDocument, type Written } from './document.ts'
import { integrationSchema, ownSettings, pick } from './integration-schema.ts'
import type { Path } from './path.ts'
import { ConfigError, type Problem } from './problem.ts'
import type { Remark } from './remark.ts'
import { inOrder, inWords, problemAt, remarkProblem, secretValues } from './report.ts'
import { type ReadFile, resolve } from './resolve.ts'
import { broken, doubtful } from './rules.ts'
import { type CommonSettings, type Config, type IntegrationConfig, type ProjectConfig, rootSchema } from './schema.ts'
import { isRecord, type Schema } from './schema-walk.ts'
import { type Environment, typed } from './substitute.ts'
import { type Breach, validate } from './validate.ts'

export interface LoadOptions {
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
export function loadConfig(options: LoadOptions): { config: Config; warnings: readonly Problem[] } {
  const { path: file, environment, readFile = readText } = options
  const connectors = new Map(options.connectors.map((connector) => [connector.name, connector]))
  const written = readDocument(content(file, readFile), environment)
  // Of a file that is not YAML nothing more can be said.
  if (written.value === undefined)
    throw new ConfigError(inOrder(written.mistakes.map((one) => problemAt(file, written, one))))
  const schema = schemaFor(written.value, connectors)
  const resolved = resolve(written, schema, dirname(file), readFile)
  const mistakes = [...written.mistakes, ...resolved.mistakes]
  // The check fills in the defaults.
  const asWritten = structuredClone(resolved.value)
  const root = resolved.value
  const breaches = check(schema, root, written).filter(
    ({ kind, path }) => kind !== 'wrong' || !mistakes.some((one) => isWithin(one.path, path)),
  )
  const isSound = (path: Path): boolean =>
    ![...mistakes, ...breaches].some((one) => isWithin(one.path, path) || ('suggestion' in one && isMeant(one, path)))
  const { configured, remarks } = configureIntegrations(isRecord(root) ? root.integrations : {}, connectors, isSound)
  const rules = isRecord(root) ? broken(root, isSound) : []
  const values = secretValues(schema, root)
  const tell = (remark: Remark): Problem => remarkProblem(file, written, remark)
  const problems = [
    ...mistakes.map((one) => problemAt(file, written, one)),
    ...breaches.map((breach) => tell(inWords(breach, schema, written, values))),
    ...[...rules, ...remarks].map(tell),
  ]
  if (problems.length > 0 || !isRecord(root)) throw new ConfigError(inOrder(problems))
  return {
    config: result(root, connectors, configured, integrationsIn(asWritten)),
    warnings: inOrder(doubtful(root).map(tell)),
  }
}

/** The whole file's schema, with each integration's own in its place. */
function schemaFor(value: unknown, connectors: ReadonlyMap<string, Connector>): Schema {
  const given = isRecord(value) && isRecord(value.integrations) ? value.integrations : {}
  const unknownType = {
    type: 'object',
    properties: { type: { enum: [...connectors.keys()] } },
    required: ['type'],
  }
  const properties = Object.fromEntries(
    Object.entries(given).map(([name, settings]) => {
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

/** Checks against the schema. A value that is one variable and nothing else is text, unless something else is wanted. */
function check(schema: Schema, root: unknown, written: Written): Breach[] {
  const breaches = validate(schema, root)
  const mended = breaches.filter(({ path }) => retype(root, path, written))
  return mended.length === 0 ? breaches : validate(schema, root)
}

function retype(root: unknown, path: Path, written: Written): boolean {
  if (written.substituted(path)?.whole !== true) return false
  const last = path.at(-1)
  const parent = path
    .slice(0, -1)
    .reduce<unknown>(
      (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
      root,
    )
  if (typeof parent !== 'object' || parent === null || last === undefined) return false
  const text: unknown = Reflect.get(parent, last)
  if (typeof text !== 'string' || typed(text) === text) return false
  return Reflect.set(parent, last, typed(text))
}

function result(
  root: Readonly<Record<string, unknown>>,
  connectors: ReadonlyMap<string, Connector>,
  allConfigured: ReadonlyMap<string, Configured>,
  allWritten: Readonly<Record<string, unknown>>,
): Config {
  const values = root as unknown as Omit<Config, 'projects' | 'integrations'> & {
    projects: (ProjectConfig & { secret?: string; name?: string })[]
    integrations: Record<string, Record<string, unknown> & { type: string }>
  }
  const integrations = Object.entries(values.integrations).flatMap(([name, settings]): IntegrationConfig[] => {
    const connector = connectors.get(settings.type)
    const configured = allConfigured.get(name)
    if (connector === undefined || configured === undefined) return []
    const own = pick(settings, Object.keys(ownSettings(connector)))
    const common = pick(settings, Object.keys(commonSchema.properties)) as unknown as CommonSettings
    return [
      {
        name,
        type: settings.type,
        connector,
        settings: own,
        configured,
        common,
        written: settingsIn(allWritten[name]),
      },
    ]
  })
  return { ...values, projects: values.projects.map(project), integrations }
}

function integrationsIn(root: unknown): Readonly<Record<string, unknown>> {
  return isRecord(root) && isRecord(root.integrations) ? root.integrations : {}
}

function settingsIn(integration: unknown): Readonly<Record<string, unknown>> {
  const { type: _, ...settings } = isRecord(integration) ? integration : {}
  return settings
}

function project({ secret, ...rest }: ProjectConfig & { secret?: string; name?: string }): ProjectConfig {
  const { tracker } = rest
  return {
    ...rest,
    name: rest.name ?? rest.id,
    secrets: secret === undefined ? rest.secrets : [secret],
    ...(tracker === undefined
      ? {}
      : { tracker: { ...tracker, api_url: tracker.api_url.replaceAll('{version}', tracker.version) } }),
  }
}

function content(file: string, readFile: ReadFile): string {
  try {
    return readFile(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null
    const message =
      code === null
        ? 'the file is not text in UTF-8'
        : code === 'ENOENT'
          ? 'the file does not exist'
          : `the file cannot be read (${code})`
    throw new ConfigError([
      { file, line: null, column: null, path: '', found: null, expected: null, suggestion: null, message },
    ])
  }
}

function readText(path: string): string {
  const bytes = readFileSync(path)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Error(`${path} is not text in UTF-8`)
  }
}

function isWithin(inner: Path, outer: Path): boolean {
  return outer.every((step, index) => inner[index] === step)
}

/** A mistyped name stands for the one that was most likely meant. */
function isMeant(breach: { readonly path: Path; readonly suggestion: string | null }, path: Path): boolean {
  return breach.suggestion !== null && isWithin([...breach.path.slice(0, -1), breach.suggestion], path)
}
