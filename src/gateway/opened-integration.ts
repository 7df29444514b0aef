import { scryptSync } from 'node:crypto'
import type { IntegrationConfig } from '../config/schema.ts'
import type { Credentials, Limit } from '../connectors/contract/connector.ts'
import { createClient } from '../http/client.ts'
import { createRedactor } from '../http/redact.ts'
import type { Logger } from '../observability/logger.ts'
import type { Integration } from '../queue/worker.ts'
import { createSealer } from '../store/seal.ts'
import type { Store } from '../store/store.ts'

export interface OpenParts {
  readonly log: Logger
  readonly version: string
  now(): number
  random(): number
  pause(ms: number): Promise<void>
  /** Every secret of the config: what no record may show. */
  readonly secrets: readonly string[]
  /** Absent where no key is configured. */
  readonly credentials?: Credentials | undefined
  /** Is told of the limits that targets count for us. */
  onLimit?(integration: string, window: string, state: Limit): void
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
    pause: parts.pause,
    log: parts.log.child({ integration: name }),
    limit: (window, state) => parts.onLimit?.(name, window, state),
    ...(parts.credentials === undefined ? {} : { credentials: parts.credentials }),
  })
  return {
    name,
    connector,
    session,
    settings,
    fingerprint: fingerprintOf(config),
    redact: createRedactor(parts.secrets),
    pace: common,
    async close() {
      await session.close?.()
      await client.close()
    },
  }
}

/** Changes with every setting but those of the import, which are nothing that a delivery knows. */
export function fingerprintOf({ type, settings, common }: IntegrationConfig): string {
  const { import: _, ...ofDeliveries } = common
  return hashOf([type, settings, ofDeliveries])
}

/**
 * Tells whether settings have changed. It is kept, so it is made slowly and cut short: no password can be found by
 * trying.
 */
export function hashOf(values: readonly unknown[]): string {
  return scryptSync(JSON.stringify(values), 'tracker-relay fingerprint', 8, { N: 4096 }).toString('hex')
}

/** The credentials that the store keeps, readable with the keys alone; undefined when there is no key. */
export function sealedCredentials(
  store: Pick<Store, 'loadSealed' | 'saveSealed' | 'forgetSealed'>,
  keys: readonly string[],
  now: () => number,
): Credentials | undefined {
  const sealer = createSealer(keys)
  if (sealer === null) return undefined
  return {
    async load(name) {
      const sealed = await store.loadSealed(name)
      return sealed === null ? null : sealer.open(name, sealed)
    },
    save: (name, value) => store.saveSealed(name, sealer.seal(name, value), now()),
    forget: (name) => store.forgetSealed(name),
  }
}
