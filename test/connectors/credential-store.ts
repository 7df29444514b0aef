import type { Credentials } from '../../src/connectors/contract/connector.ts'
import { alone } from './alone.ts'

/** The relay's place for credentials: what is in `kept` survives a restart. */
export interface CredentialStore extends Credentials {
  readonly kept: Map<string, string>
  fail(whether: boolean): void
}

export function credentialStore(): CredentialStore {
  const kept = new Map<string, string>()
  let failing = false
  return {
    kept,
    fail(whether) {
      failing = whether
    },
    load: async (name) => kept.get(name) ?? null,
    async save(name, value) {
      if (failing) throw new Error('disk full')
      kept.set(name, value)
    },
    async forget(name) {
      kept.delete(name)
    },
    alone: alone(),
  }
}
