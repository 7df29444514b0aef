import { randomBytes } from 'node:crypto'
import type { Credentials } from '../connectors/contract/connector.ts'
import { createSealer } from './seal.ts'
import type { Store } from './store.ts'

type Verbs = Pick<Store, 'loadSealed' | 'saveSealed' | 'forgetSealed' | 'claimDuty' | 'releaseDuty'>

/** Longer than an issuer may take over a token; whoever holds it longer has died. */
const ALONE_MS = 60_000
const ASK_AGAIN_MS = 200

/** The encrypted credentials in the store; undefined without keys. */
export function sealedCredentials(
  store: Verbs,
  keys: readonly string[],
  now: () => number,
  pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
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
    async alone(name, work) {
      const duty = { name: `credential ${name}`, holder: randomBytes(12).toString('hex') }
      while (!(await store.claimDuty({ ...duty, now: now(), forMs: ALONE_MS }))) await pause(ASK_AGAIN_MS)
      try {
        return await work()
      } finally {
        // If this fails, the others wait until its time is over.
        await store.releaseDuty(duty).catch(() => {})
      }
    },
  }
}
