import { stringify } from 'yaml'
import type { Connector } from '../connectors/contract/connector.ts'
import type { Source } from '../sources/contract/source.ts'
import { commonSchema } from './common-settings.ts'
import { ownSettings } from './integration-schema.ts'
import { projectSchema } from './project.ts'
import { rootSchema } from './schema.ts'
import { asSchema, isRecord, type Schema } from './schema-walk.ts'
import { ownSourceSettings, TRACKER } from './source-schema.ts'

const HEADER = `# yaml-language-server: $schema=./relay.schema.json
#
# Every setting of Tracker Relay. Generated from the code; see "npm run schema".
#
# A line that begins with "#" and no space is an optional setting, with its default or an example: remove the "#" to
# change it. The settings that are not commented out are required.
#
# \${NAME} is replaced by the environment variable, \${NAME:-default} has a default, and $\${ is a plain \${. Within
# [ ] and { } it must be in quotes. A secret can also be read from a file: "file:/run/secrets/name".
`

const WIDTH = 110
const PLACEHOLDER_URL = 'https://target.example.com'

/**
 * The text of config/relay.example.yaml: every setting of every connector, with its description. Optional settings are
 * commented out. It loads once the variables that it names are set.
 */
export function exampleConfig(connectors: readonly Connector[], sources: readonly Source[] = []): string {
  const { data_dir, projects, integrations, ...parts } = rootSchema.properties
  const first = lines({ properties: { data_dir } }, '', new Set()).concat('').join('\n')
  const sections = Object.entries(parts).map(([name, schema]) => section(name, schema))
  return [
    HEADER,
    first,
    ...sections,
    projectSection(connectors, projects),
    ...sources.map(sourceSection),
    integrationSection(connectors, integrations),
  ].join('\n')
}

/** Values for the variables that the example names. */
export function exampleEnvironment(
  connectors: readonly Connector[],
  sources: readonly Source[] = [],
): Record<string, string> {
  const names = exampleConfig(connectors, sources).matchAll(/\$\{([A-Z][A-Z0-9_]*)\}/g)
  return Object.fromEntries([...names].map(([, name]) => [name, placeholder(String(name))]))
}

function section(name: string, schema: object): string {
  const prefix = name === 'server' ? '' : `${name}_`
  return [...comment(asSchema(schema)), `${name}:`, ...indent(lines(asSchema(schema), prefix, new Set())), ''].join(
    '\n',
  )
}

function projectSection(connectors: readonly Connector[], schema: object): string {
  const shown = new Set(['id', 'secret', 'integrations'])
  const names = connectors.map(({ name }) => name)
  const project = {
    ...projectSchema,
    properties: {
      ...projectSchema.properties,
      integrations: { ...projectSchema.properties.integrations, examples: [names] },
      source: { ...asSchema(projectSchema.properties.source), default: TRACKER },
    },
  }
  const [first = '', ...rest] = hang(lines(asSchema(project), 'hook_', shown))
  return [...comment(asSchema(schema)), 'projects:', `  ${first}`, ...indent(rest), ''].join('\n')
}

/** A project of its own, since each has one source. */
function sourceSection(source: Source): string {
  const own = { ...asSchema(source.settings), properties: ownSourceSettings(source) }
  const body = [
    `id: ${source.name}`,
    `secret: \${HOOK_${source.name.toUpperCase()}_SECRET}`,
    'source:',
    ...indent([`type: ${source.name}`, ...lines(own, `${source.name}_`, shownOf(source))]),
    'integrations: [log]',
  ]
  const [first = '', ...rest] = hang(body)
  return [`  # A project whose stories are in ${source.title}`, `  ${first}`, ...indent(rest), ''].join('\n')
}

/** What the source asks for when nothing is set. */
function shownOf(source: Source): ReadonlySet<string> {
  const own = ownSourceSettings(source)
  const defaults = Object.fromEntries(
    Object.entries(own).flatMap(([name, schema]) => (schema.default === undefined ? [] : [[name, schema.default]])),
  )
  const configured = source.configure(defaults, { id: source.name, name: source.name })
  const problems = Array.isArray(configured) ? configured : []
  return new Set(problems.map(({ setting }) => setting.split('.')[0] ?? ''))
}

function integrationSection(connectors: readonly Connector[], schema: object): string {
  const body = connectors.flatMap((connector, index) => {
    const own = { type: 'object', ...asSchema(connector.settings), properties: ownSettings(connector) }
    const settings = lines(own, `${connector.name}_`, shownSettings(connector))
    const common = Object.entries(commonSchema.properties).filter(([name]) => !Object.hasOwn(own.properties, name))
    const rest = lines({ properties: Object.fromEntries(common) }, `${connector.name}_`, new Set())
    const text = 'Every integration can have these too; they are shown only here.'
    return [
      `# ${connector.title}`,
      `${connector.name}:`,
      ...indent([`type: ${connector.name}`, ...settings, ...(index === 0 ? [`# ${text}`, ...rest] : [])]),
      '',
    ]
  })
  return [...comment(asSchema(schema)), 'integrations:', ...indent(body)].join('\n').trimEnd().concat('\n')
}

/** What the connector needs: what its schema requires, and what it asks for when nothing else is set. */
function shownSettings(connector: Connector): ReadonlySet<string> {
  const own = ownSettings(connector)
  const shown = new Set(requiredOf({ ...asSchema(connector.settings), properties: own }))
  for (;;) {
    const values = Object.fromEntries(
      Object.entries(own)
        .map(([name, schema]) => [
          name,
          shown.has(name) ? filled(value(schema, variable(connector.name, name))) : schema.default,
        ])
        .filter(([, one]) => one !== undefined),
    )
    const configured = connector.configure(values)
    const asked = (Array.isArray(configured) ? configured : [])
      .map(({ setting }) => setting.split('.')[0] ?? '')
      .find((name) => Object.hasOwn(own, name) && !shown.has(name))
    if (asked === undefined) return shown
    shown.add(asked)
  }
}

function lines(schema: Schema, prefix: string, shown: ReadonlySet<string>): string[] {
  const needed = new Set([...requiredOf(schema), ...shown])
  const properties = isRecord(schema.properties) ? schema.properties : {}
  return Object.entries(properties).flatMap(([name, one]) => {
    if (!isRecord(one)) return []
    const body = setting(name, one, prefix)
    return [...comment(one), ...(needed.has(name) || isSection(one) ? body : body.map((line) => `#${line}`))]
  })
}

function setting(name: string, schema: Schema, prefix: string): string[] {
  if (isRecord(schema.properties) && schema.examples === undefined)
    return [`${name}:`, ...indent(lines(schema, isSection(schema) ? prefix : `${name}_`, new Set()))]
  const text = stringify(value(schema, variable(prefix, name)), { collectionStyle: 'flow', lineWidth: 0 }).trim()
  return [`${name}: ${text}`]
}

function isSection(schema: Schema): boolean {
  return isRecord(schema.properties) && schema.default !== undefined && schema.examples === undefined
}

function requiredOf(schema: Schema): readonly string[] {
  const properties = isRecord(schema.properties) ? schema.properties : {}
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(properties).flatMap(([name, one]) =>
    required.includes(name) && isRecord(one) && one.default === undefined ? [name] : [],
  )
}

function value(schema: Schema, name: string): unknown {
  if (schema.writeOnly === true && schema.type !== 'array' && schema.type !== 'object') return `\${${name}}`
  const hasExamples = Array.isArray(schema.examples) && schema.examples.length > 0
  const isEmpty = Array.isArray(schema.default) && schema.default.length === 0
  if (schema.default !== undefined && !(isEmpty && hasExamples)) return schema.default
  if (hasExamples && Array.isArray(schema.examples)) return schema.examples[0]
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  const [alternative] = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []))
  if (isRecord(alternative)) return value({ ...alternative, writeOnly: schema.writeOnly }, name)
  return plainValue(schema, name)
}

function plainValue(schema: Schema, name: string): unknown {
  if (schema.type === 'boolean') return true
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'null') return null
  if (schema.type === 'array') {
    const items = isRecord(schema.items) ? schema.items : {}
    return schema.default ?? [value({ ...items, writeOnly: items.writeOnly ?? schema.writeOnly }, `${name}_1`)]
  }
  if (schema.type === 'object') {
    const [entry] = Object.values(isRecord(schema.patternProperties) ? schema.patternProperties : {})
    return isRecord(entry) ? { name: value({ ...entry, writeOnly: entry.writeOnly ?? schema.writeOnly }, name) } : {}
  }
  return /(^|_)URL$/.test(name) ? PLACEHOLDER_URL : 'text'
}

function filled(one: unknown): unknown {
  if (typeof one === 'string') return one.replaceAll(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => placeholder(name))
  return Array.isArray(one) ? one.map(filled) : one
}

/** Matches what a secret's schema is likely to want: a URL, or a long text of letters, digits and "-" only. */
function placeholder(name: string): string {
  if (name === 'DATABASE_URL') return 'postgres://relay:placeholder@localhost/relay'
  return name.endsWith('_URL') ? PLACEHOLDER_URL : `placeholder-of-${name.toLowerCase().replaceAll('_', '-')}`
}

function variable(prefix: string, name: string): string {
  return `${prefix.replace(/_?$/, prefix === '' ? '' : '_')}${name}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')
}

function comment(schema: Schema): string[] {
  const values = Array.isArray(schema.enum) ? ` One of: ${schema.enum.join(', ')}.` : ''
  const text = `${typeof schema.description === 'string' ? schema.description : ''}${values}`.trim()
  const words =
    `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.?!:]$/.test(text) || text === '' ? '' : '.'}`.split(/\s+/)
  const result: string[] = []
  for (const word of words) {
    const last = result.at(-1)
    if (last === undefined || last.length + word.length > WIDTH) result.push(`# ${word}`)
    else result[result.length - 1] = `${last} ${word}`
  }
  return result.filter((line) => line !== '# ')
}

function indent(block: readonly string[]): string[] {
  return block.map((line) => (line === '' ? line : `  ${line}`))
}

/** The block as the entry of a list, with the dash at the first line. */
function hang(block: readonly string[]): string[] {
  return block.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`))
}
