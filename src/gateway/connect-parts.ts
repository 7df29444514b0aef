import type { Config } from '../config/schema.ts'
import type { ConnectParts } from '../routes/connect.ts'
import { sealedCredentials } from '../store/sealed-credentials.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { RunningIntegrations } from './running-integrations.ts'

interface Parts {
  readonly store: ThreadedStore
  readonly integrations: RunningIntegrations
  config(): Config
  now(): number
  noticeOthers(): Promise<void>
}

export function connectParts({
  store,
  integrations,
  config,
  now,
  noticeOthers,
}: Parts): Omit<ConnectParts, 'tokens' | 'guesses' | 'base' | 'hasPages' | 'version'> {
  return {
    publicUrl: () => config().server.public_url ?? null,
    connection(type, name) {
      const integration = integrations.worker(name)?.integration
      return integration?.type === type ? integration.session.connection : undefined
    },
    credentials: () => sealedCredentials(store, config().credentials.keys, now),
    async resume(name) {
      await store.saveResume(name, now())
      await noticeOthers()
    },
    async pause(name, reason) {
      await store.savePause(name, null, reason, now())
      await noticeOthers()
    },
    record: (deed) => store.audit(deed, now()),
    redact: (name, text) => integrations.worker(name)?.integration.redact(text) ?? text,
    now,
  }
}
