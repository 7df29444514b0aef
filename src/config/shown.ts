import { adminSchema } from './admin.ts'
import { integrationSchema } from './integration-schema.ts'
import { projectSchema } from './project.ts'
import type { Config, IntegrationConfig } from './schema.ts'
import { asSchema, below, isRecord, marked, type Schema } from './schema-walk.ts'
import { serverSchema } from './server.ts'
import { sourceSchema } from './source-schema.ts'
import { credentialsSchema, databaseSchema } from './storage.ts'

const SECRET = '[secret]'

/**
 * The config in force, as an operator may see it: each secret setting as a whole is left out.
 * @param redact hides the secrets that are a part of another setting, such as a key in an address
 */
export function shownConfig(config: Config, redact: (text: string) => string): object {
  const { server, admin, database, credentials, projects, integrations, ...plain } = config
  const parts: readonly (readonly [string, unknown, object])[] = [
    ['server', server, serverSchema],
    ['admin', admin, adminSchema],
    ['database', database, databaseSchema],
    ['credentials', credentials, credentialsSchema],
  ]
  return {
    ...plain,
    ...Object.fromEntries(parts.map(([name, value, schema]) => [name, without(value, [asSchema(schema)], redact)])),
    projects: projects.map(({ source, ...project }) => ({
      ...(without(project, [asSchema(projectSchema)], redact) as object),
      ...(source === undefined
        ? {}
        : { source: without({ type: source.type, ...source.written }, [sourceSchema(source.source)], redact) }),
    })),
    integrations: Object.fromEntries(integrations.map((each) => [each.name, shownSettings(each, redact)])),
  }
}

/** What was written of an integration. */
export function shownSettings(
  { type, connector, written }: IntegrationConfig,
  redact: (text: string) => string,
): object {
  return without({ type, ...written }, [integrationSchema(connector)], redact) as object
}

function without(value: unknown, schemas: readonly Schema[], redact: (text: string) => string): unknown {
  if (value === undefined) return undefined
  if (marked(schemas)) return SECRET
  if (Array.isArray(value)) return value.map((item, index) => without(item, below(schemas, index), redact))
  if (isRecord(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, without(item, below(schemas, key), redact)]),
    )
  return typeof value === 'string' ? redact(value) : value
}
