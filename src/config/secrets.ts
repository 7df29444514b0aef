import { commonSchema } from './common-settings.ts'
import { projectSchema } from './project.ts'
import type { Config } from './schema.ts'
import { asSchema, mapSecrets } from './schema-walk.ts'
import { serverSchema } from './server.ts'
import { credentialsSchema, databaseSchema } from './storage.ts'

/** What stands where a secret was. */
const HIDDEN = '[secret]'

/**
 * All secrets of the configuration, for keeping them out of logs and records: the longest first, so that one that is
 * part of another does not spoil the longer one. What is secret within one, such as a password in an address, counts on its own too.
 */
export function secretsOf(config: Config): readonly string[] {
  const found = new Set<string>()
  walk(config, (secret) => {
    for (const text of texts(secret)) for (const one of [text, ...partsOf(text)]) if (one !== '') found.add(one)
    return secret
  })
  for (const { configured } of config.integrations)
    for (const one of configured.secrets ?? []) if (one !== '') found.add(one)
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
    credentials: through(config.credentials, credentialsSchema),
    log: config.log,
    retention: config.retention,
    imports: config.imports,
    projects: config.projects.map((project) => through(project, projectSchema)),
    integrations: Object.fromEntries(
      config.integrations.map((integration) => [
        integration.name,
        {
          type: integration.type,
          ...(through(integration.settings, integration.connector.settings) as object),
          ...(through(integration.common, commonSchema) as object),
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

/**
 * What is secret on its own within a secret text: a token behind "Bearer", an address in a pasted line, the password
 * of an address, and what in its path or query looks like a key: long, with letters and digits.
 */
function partsOf(text: string): readonly string[] {
  const token = /^(?:Basic|Bearer|Token)\s+(\S+)$/i.exec(text)?.[1]
  const addresses = text.match(/[a-z][a-z0-9+.-]*:\/\/[^\s'"]+/gi) ?? []
  return [...(token === undefined ? [] : [token]), ...addresses.flatMap(partsOfAddress)]
}

function partsOfAddress(address: string): readonly string[] {
  if (!URL.canParse(address)) return []
  const url = new URL(address)
  const keys = [...url.pathname.split('/'), ...url.search.split(/[?&=]/)].filter(
    (part) => part.length >= 8 && /[0-9]/.test(part) && /[A-Za-z]/.test(part),
  )
  return [address, ...keys, ...(url.password === '' ? [] : [url.password, decoded(url.password)])]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
