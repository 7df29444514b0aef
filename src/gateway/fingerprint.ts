import { scryptSync } from 'node:crypto'
import type { IntegrationConfig } from '../config/schema.ts'

/**
 * Changes with every setting that the operator wrote, except `import`, which does not concern deliveries. Defaults do not
 * count: a release with another default must not reset a breaker or end a pause that the target caused.
 */
export function fingerprintOf(config: IntegrationConfig): string {
  const known = fingerprints.get(config)
  if (known !== undefined) return known
  const { import: _, ...ofDeliveries } = config.written
  const fingerprint = hashOf(['written', config.type, sorted(ofDeliveries)])
  fingerprints.set(config, fingerprint)
  return fingerprint
}

/** Each takes 10 ms, in which nothing else runs, and is asked for at the start and at each reload. */
const fingerprints = new WeakMap<IntegrationConfig, string>()

/** The fingerprint of version 0.1.0, which included defaults. */
export function formerFingerprintOf({ type, settings, common, written }: IntegrationConfig): string {
  const known = FORMER_SETTINGS[type] ?? []
  const { hold_at_most_hours: _, ...retry } = common.retry
  return hashOf([
    type,
    pick(withFormerStates(type, settings, written), known),
    pick({ ...common, retry }, FORMER_COMMON),
  ])
}

/** JIRA left the tickets of finished and delivered stories alone unless the config said otherwise. */
function withFormerStates(type: string, settings: unknown, written: unknown): unknown {
  const { states } = settings as { readonly states?: object }
  if (type !== 'jira' || states === undefined) return settings
  const { states: chosen = {} } = written as { readonly states?: object }
  const former = Object.fromEntries(
    ['finished', 'delivered'].filter((state) => !Object.hasOwn(chosen, state)).map((state) => [state, null]),
  )
  return { ...(settings as object), states: { ...states, ...former } }
}

const FORMER_COMMON = [
  ...['concurrency', 'max_per_minute', 'max_per_day', 'integration_id', 'timeout_seconds', 'block_private_addresses'],
  ...['allow_addresses', 'coalesce_states', 'retry', 'breaker'],
]

const PUBLISHED = ['publish_new_stories', 'publish_story_state_changes', 'publish_story_comments']

/** The settings of each connector in version 0.1.0. */
const FORMER_SETTINGS: Readonly<Record<string, readonly string[]>> = {
  campfire: ['subdomain', 'api_token', 'room_id', 'use_ssl', 'base_url', 'url', 'bot_key', ...PUBLISHED],
  twitter: [
    ...['consumer_key', 'consumer_secret', 'access_token', 'access_token_secret', 'client_id', 'client_secret'],
    ...PUBLISHED,
    ...['include_link', 'templates', 'api_base_url', 'authorize_base_url'],
  ],
  mastodon: ['base_url', 'access_token', 'visibility', ...PUBLISHED, 'include_link', 'templates'],
  webhook: ['url', 'secret', 'secrets', 'headers', 'payload', 'kinds'],
  jira: [
    ...['base_url', 'api_base_url', 'api_username', 'api_password', 'personal_access_token', 'oauth_token'],
    ...['filter_id', 'estimate_field', 'update_comments', 'update_state', 'states', 'resolution', 'comment_limit'],
    ...['internal_comments', 'comment_visibility'],
  ],
  lighthouse: [
    ...['account', 'base_url', 'token', 'external_project_id', 'bin_id', 'update_comments', 'update_state', 'states'],
    ...['full_update', 'request_interval_seconds'],
  ],
  zendesk: [
    ...['url', 'oauth_client_id', 'oauth_client_secret', 'oauth_refresh_token', 'oauth_token', 'user_email'],
    ...['api_token', 'user_password', 'view_id', 'update_comments', 'update_state'],
  ],
  bugzilla: [
    ...['url', 'excluded_statuses', 'product', 'component', 'username', 'password', 'api_key', 'update_comments'],
    ...['comments_private', 'update_state', 'map_status'],
  ],
  'get-satisfaction': ['company', 'product', 'base_url', 'email', 'password'],
  other: ['base_url', 'source'],
  log: PUBLISHED,
}

/** Keeps the order, which was part of the hash. */
function pick(values: unknown, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([name]) => names.includes(name)))
}

/** The order of settings does not matter. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, one]) => [key, sorted(one)] as const)
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** Slow and short, because it is stored: a password must not be found by trying. */
export function hashOf(values: readonly unknown[]): string {
  return scryptSync(JSON.stringify(values), 'tracker-relay fingerprint', 8, { N: 4096 }).toString('hex')
}
