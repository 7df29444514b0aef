import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Path } from './path.ts'
import type { ConfigProblem, Tell } from './problem.ts'
import { isRecord } from './schema-walk.ts'

/** That certificates and keys can be read and belong together: otherwise every request would fail later. */
export function connectionRules(connection: unknown, path: Path, tell: Tell): ConfigProblem[] {
  if (!isRecord(connection)) return []
  const { ca_file: ca, client_certificate: certificate, client_key: key } = connection
  const problems: ConfigProblem[] = []
  const wrong = (setting: string, expected: string): void => {
    problems.push(tell([...path, setting], { expected, found: 'something else' }))
  }
  if (typeof ca === 'string' && certificateIn(ca) === null) wrong('ca_file', 'a PEM file with certificates')
  const own = typeof certificate === 'string' ? certificateIn(certificate) : null
  if (typeof certificate === 'string' && own === null) wrong('client_certificate', 'a PEM file with a certificate')
  if ((certificate === undefined) !== (key === undefined)) {
    const missing = key === undefined ? 'client_key' : 'client_certificate'
    const other = key === undefined ? 'client_certificate' : 'client_key'
    problems.push(tell([...path, missing], { expected: `set, since ${other} is` }))
  }
  if (typeof key === 'string') {
    const secret = keyIn(key)
    if (secret === null) wrong('client_key', 'a private key in PEM without a passphrase')
    else if (own !== null && !own.checkPrivateKey(secret))
      problems.push(tell([...path, 'client_key'], { expected: 'the key of client_certificate', found: 'another key' }))
  }
  return problems
}

function certificateIn(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}

function keyIn(pem: string) {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}
