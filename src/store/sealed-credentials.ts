import type { Credentials } from '../connectors/contract/connector.ts'
import { createSealer } from './seal.ts'
import type { Store } from './store.ts'

/** The encrypted credentials in the store; undefined without keys. */
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
