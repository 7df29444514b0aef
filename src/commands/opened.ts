import type { Config, IntegrationConfig } from '../config/schema.ts'
import { secretsOf } from '../config/secrets.ts'
import type { Credentials } from '../connectors/contract/connector.ts'
import { type OpenedIntegration, openIntegration } from '../gateway/opened-integration.ts'
import { timedPause } from '../gateway/timed-pause.ts'
import { createLogger } from '../observability/logger.ts'
import { version } from './config-path.ts'

export async function withOpened<T>(
  integration: IntegrationConfig,
  config: Config,
  credentials: Credentials | undefined,
  work: (opened: OpenedIntegration) => Promise<T>,
): Promise<T> {
  const opened = openIntegration(integration, {
    log: createLogger('silent'),
    version: version(),
    now: Date.now,
    steady: () => performance.now(),
    random: Math.random,
    pause: timedPause,
    secrets: secretsOf(config),
    credentials,
  })
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}
