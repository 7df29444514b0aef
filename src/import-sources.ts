import type { Config, ImportConfig, IntegrationConfig } from './config/schema.ts'
import type { ImportSource } from './imports/imports.ts'
import { hashOf, type OpenedIntegration } from './integrations.ts'
import { secretDigest } from './routes/hooks.ts'
import { type ImportDoor, loginDigest } from './routes/imports.ts'

/** The integrations of the config whose tickets are shown. */
export function importSources(
  config: Config,
  opened: (name: string) => Pick<OpenedIntegration, 'session' | 'redact'> | undefined,
): ImportSource[] {
  return config.integrations.flatMap((integration) => {
    const one = opened(integration.name)
    const settings = integration.common.import
    if (settings === undefined || one?.session.stories === undefined) return []
    return [importSource(integration, settings, one)]
  })
}

export function importSource(
  integration: IntegrationConfig,
  settings: ImportConfig,
  { session, redact }: Pick<OpenedIntegration, 'session' | 'redact'>,
): ImportSource {
  const { name, type, connector, common } = integration
  const { story_type, types, estimate_bugs_and_chores } = settings
  return {
    name,
    connector,
    session,
    redact,
    settings,
    fingerprint: hashOf([type, integration.settings, story_type, types, estimate_bugs_and_chores]),
    credentialsRestMs: common.breaker.credentials_probe_seconds * 1000,
  }
}

/** Who may see the tickets of each integration, by its name. */
export function importDoors(config: Config): Map<string, Omit<ImportDoor, 'feed'>> {
  return new Map(
    config.integrations.flatMap(({ name, common }) => {
      if (common.import === undefined) return []
      const { username, password, secret, secrets = [], public: isPublic } = common.import
      const all = secret === undefined ? secrets : [secret]
      const login = username === undefined || password === undefined ? null : loginDigest(username, password)
      return [[name, { isPublic, login, secretDigests: all.map(secretDigest) }] as const]
    }),
  )
}
