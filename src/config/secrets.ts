import { adminSchema } from './admin.ts'
import { commonSchema } from './common-settings.ts'
import { projectSchema } from './project.ts'
import type { Config } from './schema.ts'
import { asSchema, secretsIn } from './schema-walk.ts'
import { serverSchema } from './server.ts'
import { credentialsSchema, databaseSchema } from './storage.ts'

/**
 * All secrets of the configuration, for keeping them out of logs and records: the longest first, so that one that is
 * part of another does not spoil the longer one. A secret part of a secret, such as the password in a URL, is listed too.
 */
export function secretsOf(config: Config): readonly string[] {
  const parts: readonly (readonly [unknown, object])[] = [
    [config.server, serverSchema],
    [config.admin, adminSchema],
    [config.database, databaseSchema],
    [config.credentials, credentialsSchema],
    ...config.projects.map((project) => [project, projectSchema] as const),
    ...config.integrations.map(({ settings, connector }) => [settings, connector.settings] as const),
    ...config.integrations.map(({ common }) => [common, commonSchema] as const),
  ]
  const whole = parts.flatMap(([value, schema]) => secretsIn(value, [asSchema(schema)])).flatMap(texts)
  const found = new Set([
    ...whole.flatMap((text) => [text, ...partsOf(text)]),
    ...config.integrations.flatMap(({ configured }) => configured.secrets ?? []),
  ])
  found.delete('')
  return [...found].sort((left, right) => right.length - left.length || (left < right ? -1 : 1))
}

function texts(secret: unknown): readonly string[] {
  if (typeof secret === 'object' && secret !== null) return Object.values(secret).flatMap(texts)
  return secret === null || secret === undefined || typeof secret === 'boolean' ? [] : [String(secret)]
}

/**
 * What is secret on its own within a secret text: a token behind "Bearer", a URL in a pasted line, the password in a
 * URL, and each part of its path or query that looks like a key: long, with letters and digits.
 */
function partsOf(text: string): readonly string[] {
  const token = /^(?:Basic|Bearer|Token)\s+(\S+)$/i.exec(text)?.[1]
  const urls = text.match(/[a-z][a-z0-9+.-]*:\/\/[^\s'"]+/gi) ?? []
  return [...(token === undefined ? [] : [token]), ...urls.flatMap(partsOfUrl)]
}

function partsOfUrl(text: string): readonly string[] {
  if (!URL.canParse(text)) return []
  const url = new URL(text)
  const keys = [...url.pathname.split('/'), ...url.search.split(/[?&=]/)].filter(
    (part) => part.length >= 8 && /[0-9]/.test(part) && /[A-Za-z]/.test(part),
  )
  return [text, ...keys, ...(url.password === '' ? [] : [url.password, decoded(url.password)])]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
