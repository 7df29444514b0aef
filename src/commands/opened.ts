import type { Config, IntegrationConfig } from '../config/schema.ts'
import { secretsOfIntegration } from '../config/secrets.ts'
import type { Accounts, Credentials } from '../connectors/contract/connector.ts'
import { type OpenedIntegration, openIntegration } from '../gateway/opened-integration.ts'
import { timedPause } from '../gateway/timed-pause.ts'
import { createClient } from '../http/client.ts'
import { createLogger } from '../observability/logger.ts'
import { version } from './config-path.ts'

/** What the store keeps for sessions. */
export interface Kept {
  readonly credentials: Credentials | undefined
  readonly accounts: Accounts
}

export async function withOpened<T>(
  integration: IntegrationConfig,
  config: Config,
  { credentials, accounts }: Kept,
  work: (opened: OpenedIntegration) => Promise<T>,
): Promise<T> {
  const opened = openIntegration(integration, {
    log: createLogger('silent'),
    version: version(),
    now: Date.now,
    steady: () => performance.now(),
    random: Math.random,
    pause: timedPause,
    createClient,
    secrets: secretsOfIntegration(config, integration),
    credentials,
    accounts,
  })
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}
