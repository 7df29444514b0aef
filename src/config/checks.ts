import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Static } from 'typebox'
import type { Connector } from '../connectors/contract/connector.ts'
import type { Source } from '../sources/contract/source.ts'
import { commonSchema } from './common-settings.ts'
import { compileCheck } from './compile-check.ts'
import { compiledChecks } from './compiled-checks.ts'
import { integrationSchema } from './integration-schema.ts'
import { pointer } from './path.ts'
import { rootSchema } from './schema.ts'
import { asSchema, isRecord, type Schema } from './schema-walk.ts'
import { sourceSchema, unknownSource } from './source-schema.ts'
import { sourceNamed } from './sources.ts'

/** For the build: the schema of each check by its name. */
export function schemasToCompile(
  connectors: readonly Connector[],
  sources: readonly Source[],
): Readonly<Record<string, Schema>> {
  return {
    root: asSchema(rootSchema),
    common: asSchema(commonSchema),
    unknown: unknownType(new Map(connectors.map((connector) => [connector.name, connector]))),
    'unknown-source': unknownSource(new Map(sources.map((source) => [source.name, source]))),
    ...Object.fromEntries(connectors.map((connector) => [nameOf(connector), integrationSchema(connector)])),
    ...Object.fromEntries(sources.map((source) => [nameOfSource(source), sourceSchema(source)])),
  }
}

const made = new WeakMap<object, ValidateFunction>()
const loaded = new Map<string, ValidateFunction>()

const nameOf = ({ name }: Connector): string => `integration-${name}`
const nameOfSource = ({ name }: Source): string => `source-${name}`
const rootCheck = (): ValidateFunction => checkOf('root', rootSchema)
const commonCheck = (): ValidateFunction => checkOf('common', commonSchema)

/** @param of what the schema is made of: for one of these, it is made once */
function checkOf<T extends object>(name: string, of: T, schema: (of: T) => Schema = asSchema): ValidateFunction {
  const known = loaded.get(name) ?? made.get(of)
  if (known !== undefined) return known
  const check = compileCheck(schema(of))
  made.set(of, check)
  return check
}

/**
 * Loads what the build has compiled for a file with these connectors. What it has not compiled is compiled when it is
 * used; the check of unknown types that it has compiled knows all connectors.
 */
export async function loadChecks(connectors: readonly Connector[], sources: readonly Source[] = []): Promise<void> {
  const names = [
    ...['root', 'common', 'unknown', 'unknown-source'],
    ...connectors.map(nameOf),
    ...sources.map(nameOfSource),
  ].filter((name) => !loaded.has(name))
  await Promise.all(
    names.map(async (name) => {
      const check = await compiledChecks[name]?.()
      if (check !== undefined) loaded.set(name, check.default)
    }),
  )
}

/** The settings that all integrations have, with their defaults. @throws {TypeError} when they are not as they must be */
export function parseCommon(value: unknown): Static<typeof commonSchema> {
  return parsed(commonCheck(), value)
}

/** The file's content, with defaults. @throws {TypeError} when it is not as it must be */
export function parseRoot(value: unknown): Static<typeof rootSchema> {
  return parsed(rootCheck(), value)
}

function parsed<T>(check: ValidateFunction, value: unknown): T {
  if (check(value)) return value as T
  const errors = (check.errors ?? []).map(({ instancePath, message }) => `data${instancePath} ${message}`)
  throw new TypeError(`does not match its schema: ${errors.join(', ')}`)
}

/** What is wrong with the file's content. Fills in defaults, in place. */
export function errorsIn(
  root: unknown,
  connectors: ReadonlyMap<string, Connector>,
  sources: ReadonlyMap<string, Source>,
): readonly ErrorObject[] {
  const check = rootCheck()
  const ofRoot = check(root) ? [] : relevant(check.errors ?? [])
  const integrations = isRecord(root) && isRecord(root.integrations) ? root.integrations : {}
  return [
    ...ofRoot,
    ...Object.keys(integrations).flatMap((name) => ofIntegration(name, integrations, root as object, connectors)),
    ...projectsIn(root).flatMap((project, index) => ofSource(project, index, root as object, sources)),
  ]
}

function projectsIn(root: unknown): readonly unknown[] {
  return isRecord(root) && Array.isArray(root.projects) ? root.projects : []
}

function ofSource(
  project: unknown,
  index: number,
  rootData: object,
  sources: ReadonlyMap<string, Source>,
): readonly ErrorObject[] {
  if (!isRecord(project) || project.source === undefined) return []
  const source = sourceNamed(project.source, sources)
  const check =
    source === undefined
      ? checkOf('unknown-source', sources, unknownSource)
      : checkOf(nameOfSource(source), source, sourceSchema)
  const context = {
    instancePath: pointer(['projects', index, 'source']),
    parentData: project,
    parentDataProperty: 'source',
    rootData,
    dynamicAnchors: {},
  }
  return check(project.source, context) ? [] : relevant(check.errors ?? [])
}

function ofIntegration(
  name: string,
  integrations: Record<string, unknown>,
  rootData: object,
  connectors: ReadonlyMap<string, Connector>,
): readonly ErrorObject[] {
  const settings = integrations[name]
  const type = isRecord(settings) ? settings.type : undefined
  const connector = typeof type === 'string' ? connectors.get(type) : undefined
  const check =
    connector === undefined
      ? checkOf('unknown', connectors, unknownType)
      : checkOf(nameOf(connector), connector, integrationSchema)
  // A check that is called within another one gets this of it.
  const context = {
    instancePath: pointer(['integrations', name]),
    parentData: integrations,
    parentDataProperty: name,
    rootData,
    dynamicAnchors: {},
  }
  return check(settings, context) ? [] : relevant(check.errors ?? [])
}

/** Of an integration whose type is missing or says nothing. */
export function unknownType(connectors: ReadonlyMap<string, Connector>): Schema {
  return { type: 'object', properties: { type: { enum: [...connectors.keys()] } }, required: ['type'] }
}

/**
 * Keeps, of the errors of alternatives, only those of the one that was meant if the value's shape tells it, and
 * otherwise only the error that none of them matches.
 */
function relevant(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let left = errors
  for (const error of errors) {
    if (error.keyword !== 'anyOf' && error.keyword !== 'oneOf') continue
    const inner = left.filter(
      ({ schemaPath, instancePath }) =>
        schemaPath.startsWith(`${error.schemaPath}/`) &&
        (instancePath === error.instancePath || instancePath.startsWith(`${error.instancePath}/`)),
    )
    const number = (one: ErrorObject): string => one.schemaPath.slice(error.schemaPath.length + 1).split('/')[0] ?? ''
    const excluded = new Set(inner.filter((one) => isOfOtherKind(one, error.instancePath)).map(number))
    const meant = new Set(inner.map(number).filter((branch) => !excluded.has(branch)))
    const kept = meant.size === 1 ? inner.filter((one) => meant.has(number(one))) : [error]
    left = left.filter((one) => kept.includes(one) || (one !== error && !inner.includes(one)))
  }
  return left
}

/** True when the value is of another kind than this alternative, so that the errors within it mean nothing. */
function isOfOtherKind(error: ErrorObject, instancePath: string): boolean {
  return error.instancePath === instancePath && ['type', 'const', 'enum', 'anyOf', 'oneOf'].includes(error.keyword)
}
