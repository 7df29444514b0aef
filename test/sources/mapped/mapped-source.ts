import { createHmac } from 'node:crypto'
import { Value } from 'typebox/value'
import type { ConfiguredSource } from '../../../src/sources/contract/source.ts'
import mapped from '../../../src/sources/mapped/index.ts'

export const SIGNING_SECRET = 'analytical-engine'
export const NOW = new Date('2026-11-24T12:00:00Z')

interface Test {
  teardown(work: () => Promise<void> | undefined): void
}

const PROJECT = { id: 'engine', name: 'The engine' }

/** What is wrong with the settings, each as "setting problem"; none if nothing is. */
export function problemsOf(settings: object): readonly string[] {
  const found = mapped.configure(filled(settings), PROJECT)
  return Array.isArray(found) ? found.map(({ setting, problem }) => `${setting} ${problem}`) : []
}

/** The source with these settings, the defaults filled in. */
export function mappedSource(t: Test, settings: object): ConfiguredSource {
  const found = mapped.configure(filled(settings), PROJECT)
  if (Array.isArray(found)) throw new Error(JSON.stringify(found))
  t.teardown(() => found.close?.())
  return found
}

const filled = (settings: object) => Value.Default(mapped.settings, structuredClone(settings)) as never

export function hmac(body: string | Buffer, algorithm: 'sha1' | 'sha256' = 'sha256', secret = SIGNING_SECRET): string {
  return createHmac(algorithm, secret).update(body).digest('hex')
}

/** How each tool proves that it sent a body: the settings, and the headers that it sends. */
export const PROOFS: Readonly<
  Record<string, { readonly settings: object; headers(body: Buffer): Readonly<Record<string, string>> }>
> = {
  taiga: {
    settings: { signing_secret: SIGNING_SECRET },
    headers: (body) => ({ 'x-taiga-webhook-signature': hmac(body, 'sha1') }),
  },
  openproject: {
    settings: { signing_secret: SIGNING_SECRET, home: 'https://openproject.example.com/' },
    headers: (body) => ({ 'x-op-signature': `sha1=${hmac(body, 'sha1')}` }),
  },
  plane: {
    settings: {
      signing_secret: SIGNING_SECRET,
      home: 'https://app.plane.so/engine',
      states: { '5f0ad8e1-1b5f-4f0e-9d6e-0e5ad7f8a0c1': 'started' },
    },
    headers: (body) => ({ 'x-plane-signature': hmac(body) }),
  },
  youtrack: {
    settings: { header_secret: SIGNING_SECRET, home: 'https://youtrack.example.com' },
    headers: () => ({ 'x-youtrack-token': SIGNING_SECRET }),
  },
  jira: {
    settings: { signing_secret: SIGNING_SECRET },
    headers: (body) => ({ 'x-hub-signature': `sha256=${hmac(body)}` }),
  },
}
