// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax of the configuration
import type { Connector } from '../connectors/contract/connector.ts'
import type { Source } from '../sources/contract/source.ts'
import { commonSchema } from './common-settings.ts'
import { ownSettings } from './integration-schema.ts'
import { projectSchema } from './project.ts'
import { rootSchema } from './schema.ts'
import { asSchema, isRecord, type Schema } from './schema-walk.ts'
import { sourceSchema } from './source-schema.ts'

const HEADER = `# Configuration reference

Generated from the code by \`npm run schema\`. [operations.md](operations.md#config) tells how the file is found and read again;
[relay.example.yaml](../config/relay.example.yaml) has the same settings as YAML.

A dot means "in": \`retry.jitter\` is \`jitter\` in the section \`retry\`. \`[]\` means each entry of a list, \`*\` a name of your own.
A setting without a default is optional, unless it says required. A secret can be \`file:/path\`: then it is the content of that file.
`

/** The variables that the program itself reads. What the config names as ${NAME} comes on top. */
export const VARIABLES: Readonly<Record<string, string>> = {
  RELAY_CONFIG:
    'The path of the config, unless `--config` names one. Default: `config/relay.yaml` in the working directory.',
  RELAY_DATA:
    'An absolute path: the folder that `database.file`, `imports.folder` and the files of `type: other` are relative to, unless the config has a `data_dir`.',
  RELAY_ADMIN_TOKEN: 'The token for commands that are given a relay by `--url`, unless `--token-file` names one.',
  HTTP_PROXY:
    'The proxy for targets with an `http` URL, unless the integration has `connection.proxy`. Also in lower case.',
  HTTPS_PROXY:
    'The proxy for targets with an `https` URL, unless the integration has `connection.proxy`. Also in lower case.',
  NO_PROXY:
    'Hosts that are reached without the two above, with commas between. Also in lower case. This machine always is.',
  PGPASSWORD:
    'The password of the PostgreSQL database, unless the config has one. `PGPASSFILE` names a [file of passwords](https://www.postgresql.org/docs/current/libpq-pgpass.html) in its place.',
  PGSSLMODE: '`database.sslmode`, unless the config or its URL has one.',
  OTEL_EXPORTER_OTLP_ENDPOINT:
    'Where [traces](operations.md#traces) are sent, such as `http://collector.example.com:4318`. Without it, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_TRACES_EXPORTER` none are. All other variables of OpenTelemetry that concern traces are read too, among them:',
  OTEL_EXPORTER_OTLP_PROTOCOL: '`http/protobuf`, the default, or `http/json`.',
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'The same, and comes first.',
  OTEL_TRACES_EXPORTER:
    '`otlp`, `console` (onto standard output, to try it) or `none`. Default: `otlp` if there is an address.',
  OTEL_SDK_DISABLED: '`true`: no traces.',
  OTEL_SERVICE_NAME: 'What the traces call the relay. Default: `tracker-relay`.',
  OTEL_TRACES_SAMPLER: 'Which traces are sent, such as `parentbased_traceidratio`. Default: `parentbased_always_on`.',
  OTEL_PROPAGATORS:
    'Without `tracecontext` in it, traces are neither continued nor passed on. Default: `tracecontext,baggage`; baggage is not used.',
  NO_COLOR: 'Any value: commands print no colours.',
  FORCE_COLOR: 'Any value: commands print colours, into a file or a pipe too.',
}

/** What the configs that come with the relay name as ${NAME}. */
export const SHIPPED_VARIABLES: Readonly<Record<string, string>> = {
  PORT: 'The port. Default: 8080.',
  RELAY_DATABASE_FILE: 'In `config/relay.yaml`: the database. Default: `data/relay.db`.',
  RELAY_SECRET:
    "In `config/relay.docker.yaml`, the config of the image: the secret of the demo project's hook. Required.",
}

/** The text of docs/configuration.md: every setting of the file and of every connector, and every variable. */
export function configurationReference(connectors: readonly Connector[], sources: readonly Source[] = []): string {
  const { projects, integrations, data_dir, ...sections } = rootSchema.properties
  const parts = [
    ...Object.entries(sections).map(([name, schema]) => section(name, asSchema(schema))),
    section('projects', { ...asSchema(projectSchema), description: asSchema(projects).description }, 'projects[].'),
    ...(sources.length === 0
      ? []
      : [
          '### Sources\n\nWithout a `projects[].source`, or with `source: tracker`, the stories of a project are in Tracker. For another tool, it is a map with its `type`:\n',
          ...sources.map(sourcePart),
        ]),
    `## integrations\n\n${sentence(asSchema(integrations).description)} The type decides which settings there are.\n`,
    `### Every integration\n\nThese can be set for any type.\n\n${table(asSchema(commonSchema), '')}`,
    ...connectors.map(connectorPart),
    variables('Environment variables', 'The program reads these:', VARIABLES),
    variables('', 'The configs that come with the relay name these:', SHIPPED_VARIABLES),
    'A config can name any other variable as `${NAME}`, or `${NAME:-default}`.\n',
  ]
  return [HEADER, `## The file\n\n${table({ properties: { data_dir } }, '')}`, ...parts].join('\n')
}

function section(name: string, schema: Schema, prefix = `${name}.`): string {
  return `## ${name}\n\n${sentence(schema.description)}\n\n${table(schema, prefix)}`
}

function sourcePart(source: Source): string {
  const { name, title } = source
  const page = `[How it is set up, and what is read](../src/sources/${name}/README.md).`
  const { type: _, ...properties } = sourceSchema(source).properties as Record<string, Schema>
  const schema = { ...asSchema(source.settings), properties }
  return `#### ${title}: \`source: {type: ${name}}\`\n\n${page}\n\n${table(schema, 'source.')}`
}

function connectorPart(connector: Connector): string {
  const { name, title } = connector
  const schema = { ...asSchema(connector.settings), properties: ownSettings(connector) }
  const page = `[What it does and how it is set up](../src/connectors/${name}/README.md).`
  const settings = Object.keys(schema.properties).length === 0 ? 'It has no settings of its own.\n' : table(schema, '')
  return `### ${title}: \`type: ${name}\`\n\n${page}\n\n${settings}`
}

function variables(heading: string, before: string, list: Readonly<Record<string, string>>): string {
  const rows = Object.entries(list).map(([name, text]) => `| \`${name}\` | ${text} |`)
  const head = heading === '' ? '' : `## ${heading}\n\n`
  return `${head}${before}\n\n| variable | what it does |\n| --- | --- |\n${rows.join('\n')}\n`
}

function table(schema: Schema, prefix: string): string {
  const rows = rowsOf(schema, prefix).map((cells) => `| ${cells.map(escaped).join(' | ')} |`)
  return `| setting | value | default | what it does |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
}

type Row = readonly [setting: string, value: string, standard: string, text: string]

function rowsOf(schema: Schema, prefix: string): Row[] {
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
  const properties = Object.entries(isRecord(schema.properties) ? schema.properties : {})
  const shown = properties.flatMap(([name, one]) => {
    if (!isRecord(one)) return []
    const own: Row = [
      `\`${prefix}${name}\``,
      allowed(one),
      standardOf(one, required.includes(name)),
      sentence(one.description),
    ]
    return [{ name, own, inner: innerRows(one) }]
  })
  // Settings such as the states of a story have the same ones below each of them: these are shown once.
  const shapes = shown.filter(({ inner }) => inner.length > 0).map(({ inner }) => JSON.stringify(inner))
  if (shapes.length > 2 && new Set(shapes).size === 1)
    return [...shown.map(({ own }) => own), ...below(`${prefix}*`, shown.find(({ inner }) => inner.length > 0)?.inner)]
  return shown.flatMap(({ name, own, inner }) => [own, ...below(`${prefix}${name}`, inner)])
}

function below(name: string, rows: readonly Row[] = []): Row[] {
  return rows.map(([setting, ...rest]) => [`\`${name}${setting.slice(1)}`, ...rest])
}

/** What can be set within the setting; names begin with what leads there. */
function innerRows(schema: Schema): Row[] {
  const rows = mapsIn(schema).flatMap(([to, map]) => rowsOf(map, `${to}.`))
  // The same setting stands in several alternatives.
  return [...new Map(rows.map((one) => [one[0], one])).values()]
}

/** The maps with known settings that the value is, or has in it, with what leads to them. */
function mapsIn(schema: Schema): readonly (readonly [step: string, map: Schema])[] {
  if (isRecord(schema.properties)) return [['', schema]]
  const inner = choices(schema).flatMap(mapsIn)
  const items = isRecord(schema.items) ? mapsIn(schema.items).map(([step, map]) => [`[]${step}`, map] as const) : []
  const named = Object.values(isRecord(schema.patternProperties) ? schema.patternProperties : {})
    .filter(isRecord)
    .flatMap(mapsIn)
    .map(([step, map]) => [`.*${step}`, map] as const)
  return [...inner, ...items, ...named]
}

function choices(schema: Schema): readonly Schema[] {
  return [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list.filter(isRecord) : []))
}

function standardOf(schema: Schema, isRequired: boolean): string {
  const { default: standard } = schema
  if (standard === undefined) return isRequired ? 'required' : ''
  if (isRecord(standard) && isRecord(schema.properties)) return ''
  if (standard === '') return '`""`'
  return `\`${Array.isArray(standard) ? `[${standard.join(', ')}]` : isRecord(standard) ? JSON.stringify(standard) : String(standard)}\``
}

/** What may stand there, in words. */
function allowed(schema: Schema): string {
  const alternatives = choices(schema)
  if (alternatives.length > 0)
    return [...new Set(alternatives.map((one) => allowed({ ...one, writeOnly: schema.writeOnly })))].join(' or ')
  if (Array.isArray(schema.enum)) return schema.enum.map((one) => `\`${String(one)}\``).join(', ')
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  if (Array.isArray(schema.type)) return textOf(schema)
  if (schema.type === 'boolean') return '`true`, `false`'
  if (schema.type === 'integer') return `whole number${rangeOf(schema)}`
  if (schema.type === 'number') return `number${rangeOf(schema)}`
  if (schema.type === 'null') return '`null`'
  if (schema.type === 'array')
    return `list, each: ${isRecord(schema.items) ? allowed({ writeOnly: schema.writeOnly, ...schema.items }) : 'values'}`
  if (isRecord(schema.properties)) return 'map'
  if (schema.type === 'object') return entriesOf(schema)
  return schema.type === 'string' ? textOf(schema) : 'any value'
}

function entriesOf(schema: Schema): string {
  const [entry] = Object.values(isRecord(schema.patternProperties) ? schema.patternProperties : {}).filter(isRecord)
  return entry === undefined ? 'map' : `map of names to ${allowed({ writeOnly: schema.writeOnly, ...entry })}`
}

function textOf({ writeOnly, patternErrorMessage, contentMediaType, minLength }: Schema): string {
  if (contentMediaType !== undefined) return 'path of a file'
  const long = typeof minLength === 'number' && minLength > 1 ? `, at least ${minLength} characters` : ''
  const rule = typeof patternErrorMessage === 'string' ? patternErrorMessage : 'text'
  return writeOnly === true ? `secret${rule === 'text' ? '' : `: ${rule}`}${long}` : `${rule}${long}`
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: Schema): string {
  if (typeof exclusiveMinimum === 'number') return `, above ${exclusiveMinimum}, at most ${String(maximum)}`
  if (typeof maximum === 'number') return `, ${String(minimum)} to ${maximum}`
  return typeof minimum === 'number' ? `, at least ${minimum}` : ''
}

function sentence(description: unknown): string {
  if (typeof description !== 'string' || description === '') return ''
  return `${description.slice(0, 1).toUpperCase()}${description.slice(1)}${/[.?!:]$/.test(description) ? '' : '.'}`
}

/** For a cell of a table, on GitHub and elsewhere. */
function escaped(text: string): string {
  const parts = text.split(/(`[^`]*`)/)
  return parts
    .map((part) =>
      (part.startsWith('`') ? part : part.replace(/[<>*]|(?<!\w)_|_(?!\w)/g, '\\$&')).replaceAll('|', '\\|'),
    )
    .join('')
}
