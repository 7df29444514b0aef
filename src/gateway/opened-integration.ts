import type { IntegrationConfig } from '../config/schema.ts'
import type { Accounts, Credentials, Limit, Log } from '../connectors/contract/connector.ts'
import type { Client, ClientOptions } from '../http/client.ts'
import { createRedactor } from '../http/redact.ts'
import type { Logger } from '../observability/logger.ts'
import type { Integration } from '../queue/integration.ts'
import { fingerprintOf } from './fingerprint.ts'
import { withTargetTime } from './target-time.ts'
import { wayToTarget } from './way-to-target.ts'

interface OpenParts {
  readonly log: Logger
  readonly version: string
  now(): number
  steady(): number
  random(): number
  pause(ms: number, signal?: AbortSignal): Promise<void>
  readonly secrets: readonly string[]
  /** The way to the network. */
  createClient(options: ClientOptions): Client
  /** Absent if credentials.keys is empty. */
  readonly credentials?: Credentials | undefined
  readonly accounts: Accounts
  onLimit?(integration: string, window: string, state: Limit): void
}

/** Has an HTTP client of its own. */
export interface OpenedIntegration extends Integration {
  close(): Promise<void>
}

export function openIntegration(config: IntegrationConfig, parts: OpenParts): OpenedIntegration {
  const { name, type, configured, common } = config
  const client = parts.createClient({
    userAgent: `tracker-relay/${parts.version}`,
    timeoutMs: common.timeout_seconds * 1000,
    blockPrivateAddresses: common.block_private_addresses,
    allowAddresses: common.allow_addresses,
    secrets: parts.secrets,
    ...wayToTarget(common.connection),
  })
  const target = withTargetTime(client.send, parts.steady)
  const redact = createRedactor(parts.secrets)
  const session = configured.open({
    integration: name,
    send: target.send,
    wire: client.wire,
    timeoutMs: common.timeout_seconds * 1000,
    now: () => new Date(parts.now()),
    steady: parts.steady,
    random: parts.random,
    pause: parts.pause,
    log: withoutSecrets(parts.log.child({ integration: name }), redact),
    limit: (window, state) => parts.onLimit?.(name, window, state),
    accounts: parts.accounts,
    ...(parts.credentials === undefined ? {} : { credentials: parts.credentials }),
  })
  return {
    name,
    type,
    session,
    targetTime: target.now,
    tickets: configured.tickets ?? null,
    digestAfter: configured.digestAfter ?? null,
    fingerprint: fingerprintOf(config),
    redact,
    pace: common,
    async close() {
      await session.close?.()
      await client.close()
    },
  }
}

/** Connectors quote what their targets say. */
function withoutSecrets(log: Log, redact: (text: string) => string): Log {
  const hidden = (fields: object): object =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? redact(value) : value]),
    )
  return {
    debug: (fields, message) => log.debug(hidden(fields), redact(message)),
    info: (fields, message) => log.info(hidden(fields), redact(message)),
    warn: (fields, message) => log.warn(hidden(fields), redact(message)),
    error: (fields, message) => log.error(hidden(fields), redact(message)),
  }
}
