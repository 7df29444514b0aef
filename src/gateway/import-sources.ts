import type { Config, ImportConfig, IntegrationConfig } from '../config/schema.ts'
import type { ImportAccess, ImportSource } from '../imports/imports.ts'
import { loginDigest, secretDigest } from '../routes/secret.ts'
import { hashOf } from './fingerprint.ts'
import type { OpenedIntegration } from './opened-integration.ts'

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
  const { name, type, configured, common } = integration
  const { story_type, types, estimate_bugs_and_chores } = settings
  return {
    name,
    access: accessOf(settings),
    storyTypes: configured.imports?.storyTypes,
    session,
    redact,
    settings,
    fingerprint: hashOf([type, integration.settings, story_type, types, estimate_bugs_and_chores]),
    credentialsRestMs: common.breaker.credentials_probe_seconds * 1000,
  }
}

function accessOf({ username, password, secret, secrets = [], public: isPublic }: ImportConfig): ImportAccess {
  const all = secret === undefined ? secrets : [secret]
  const login = username === undefined || password === undefined ? null : loginDigest(username, password)
  return { isPublic, login, secretDigests: all.map(secretDigest) }
}
