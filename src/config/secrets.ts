import { projectSchema } from './project.ts'
import type { Config } from './schema.ts'
import { asSchema, mapSecrets } from './schema-walk.ts'
import { serverSchema } from './server.ts'
import { databaseSchema } from './storage.ts'

/** What stands where a secret was. */
const HIDDEN = '[secret]'

/**
 * All secrets of the configuration, for keeping them out of logs and records: the longest first, so that one that is
 * part of another does not spoil the longer one. The password within a secret address counts on its own too.
 */
export function secretsOf(config: Config): readonly string[] {
  const found = new Set<string>()
  walk(config, (secret) => {
    for (const text of texts(secret)) for (const one of [text, ...passwordsIn(text)]) if (one !== '') found.add(one)
    return secret
  })
  return [...found].sort((left, right) => right.length - left.length || (left < right ? -1 : 1))
}

/** The configuration as it came to be, defaults and all, with no secret in it: for logs and for people. */
export function describe(config: Config): unknown {
  return walk(config, (secret) => mask(secret))
}

function walk(config: Config, change: (secret: unknown) => unknown): unknown {
  const through = (value: unknown, schema: object): unknown => mapSecrets(value, [asSchema(schema)], change)
  return {
    server: through(config.server, serverSchema),
    database: through(config.database, databaseSchema),
    log: config.log,
    retention: config.retention,
    projects: config.projects.map((project) => through(project, projectSchema)),
    integrations: Object.fromEntries(
      config.integrations.map((integration) => [
        integration.name,
        {
          type: integration.type,
          ...(through(integration.settings, integration.connector.settings) as object),
          ...integration.common,
        },
      ]),
    ),
  }
}

function mask(secret: unknown): unknown {
  if (Array.isArray(secret)) return secret.map(mask)
  if (typeof secret === 'object' && secret !== null)
    return Object.fromEntries(Object.entries(secret).map(([key, value]) => [key, mask(value)]))
  return HIDDEN
}

function texts(secret: unknown): readonly string[] {
  if (typeof secret === 'object' && secret !== null) return Object.values(secret).flatMap(texts)
  return secret === null || secret === undefined || typeof secret === 'boolean' ? [] : [String(secret)]
}

function passwordsIn(text: string): readonly string[] {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.password === '') return []
  try {
    return [url.password, decodeURIComponent(url.password)]
  } catch {
    return [url.password]
  }
}
