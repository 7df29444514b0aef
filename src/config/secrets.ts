import { adminSchema } from './admin.ts'
import { commonSchema } from './common-settings.ts'
import { pathText } from './path.ts'
import { projectSchema, trackerSchema } from './project.ts'
import type { Config, IntegrationConfig, SourceConfig, TrackerConfig } from './schema.ts'
import { asSchema, secretsIn } from './schema-walk.ts'
import { serverSchema } from './server.ts'
import { sourceSchema } from './source-schema.ts'
import { credentialsSchema, databaseSchema } from './storage.ts'

/**
 * The secrets that an integration's messages and records may show: its own, and those by which the tickets of its projects
 * are looked up. The longest first, so that one that is part of another does not spoil the longer one. A secret part of a
 * secret, such as the password in a URL, is listed too. Those of other integrations are left out: what is a password
 * there may be a word here.
 */
export function secretsOfIntegration(config: Config, integration: IntegrationConfig): readonly string[] {
  const { name, settings, connector, common, configured } = integration
  const trackers = config.projects.filter(({ integrations }) => integrations.includes(name))
  return inOrder([
    ...[...secretsIn(settings, [asSchema(connector.settings)]), ...secretsIn(common, [asSchema(commonSchema)])]
      .flatMap(({ value }) => texts(value))
      .flatMap(withParts),
    ...(configured.secrets ?? []),
    ...trackers.flatMap(({ tracker }) => (tracker === undefined ? [] : secretsOfTracker(tracker))),
  ])
}

/** The same for what the relay asks Tracker's API. */
export function secretsOfTracker(tracker: TrackerConfig): readonly string[] {
  const found = secretsIn(tracker, [asSchema(trackerSchema)])
  return inOrder(found.flatMap(({ value }) => texts(value)).flatMap(withParts))
}

/** The same for what the relay asks the API of a project's source. */
export function secretsOfSource(source: SourceConfig): readonly string[] {
  const found = secretsIn(shownSource(source), [sourceSchema(source.source)])
  return inOrder(found.flatMap(({ value }) => texts(value)).flatMap(withParts))
}

function shownSource({ settings, connection }: SourceConfig): object {
  return { ...(settings as object), ...(connection === undefined ? {} : { connection }) }
}

/** All secrets of the config, for what shows the whole of it; in the same order. */
export function secretsOf(config: Config): readonly string[] {
  const parts: readonly (readonly [unknown, object])[] = [
    [config.server, serverSchema],
    [config.admin, adminSchema],
    [config.database, databaseSchema],
    [config.credentials, credentialsSchema],
    ...config.projects.map(({ source: _, ...project }) => [project, projectSchema] as const),
    ...config.projects.flatMap(({ source }) =>
      source === undefined ? [] : [[shownSource(source), sourceSchema(source.source)] as const],
    ),
  ]
  return inOrder([
    ...parts
      .flatMap(([value, schema]) => secretsIn(value, [asSchema(schema)]))
      .flatMap(({ value }) => texts(value))
      .flatMap(withParts),
    ...config.integrations.flatMap((integration) => secretsOfIntegration(config, integration)),
  ])
}

/** The settings that hold the integration's own secrets, each with its texts. */
export function secretSettings({ settings, connector, common }: IntegrationConfig): readonly SecretSetting[] {
  const { import: _, ...ofDeliveries } = common
  return [
    ...secretsIn(settings, [asSchema(connector.settings)]),
    ...secretsIn(ofDeliveries, [asSchema(commonSchema)]),
  ].map(({ path, value }) => ({ setting: pathText(path), texts: texts(value) }))
}

interface SecretSetting {
  readonly setting: string
  readonly texts: readonly string[]
}

function inOrder(secrets: readonly string[]): readonly string[] {
  return [...new Set(secrets)]
    .filter((secret) => secret !== '')
    .sort((left, right) => right.length - left.length || (left < right ? -1 : 1))
}

function withParts(text: string): readonly string[] {
  return [text, ...partsOf(text)]
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
