import { scryptSync } from 'node:crypto'
import type { IntegrationConfig } from './config/schema.ts'
import { createClient } from './http/client.ts'
import { createRedactor } from './http/redact.ts'
import type { Logger } from './observability/logger.ts'
import type { Integration } from './queue/worker.ts'

export interface OpenParts {
  readonly log: Logger
  readonly version: string
  now(): number
  random(): number
  /** Every secret of the config: what no record may show. */
  readonly secrets: readonly string[]
}

/** An integration that is ready to deliver, with a client of its own. */
export interface OpenedIntegration extends Integration {
  close(): Promise<void>
}

export function openIntegration(config: IntegrationConfig, parts: OpenParts): OpenedIntegration {
  const { name, connector, common, settings } = config
  const client = createClient({
    userAgent: `tracker-relay/${parts.version}`,
    timeoutMs: common.timeout_seconds * 1000,
    blockPrivateAddresses: common.block_private_addresses,
    allowAddresses: common.allow_addresses,
    secrets: parts.secrets,
  })
  const session = connector.open(settings as never, {
    integration: name,
    send: client.send,
    now: () => new Date(parts.now()),
    random: parts.random,
    log: parts.log.child({ integration: name }),
  })
  return {
    name,
    connector,
    session,
    fingerprint: fingerprintOf(config),
    redact: createRedactor(parts.secrets),
    pace: common,
    async close() {
      await session.close?.()
      await client.close()
    },
  }
}

/**
 * Changes with every setting. It is kept in the database, so it is made slowly and cut short: no password can be
 * found by trying.
 */
export function fingerprintOf({ type, settings, common }: IntegrationConfig): string {
  return scryptSync(JSON.stringify([type, settings, common]), 'tracker-relay fingerprint', 8, { N: 4096 }).toString(
    'hex',
  )
}
