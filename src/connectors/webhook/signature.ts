import { createHmac, createSecretKey } from 'node:crypto'

/** The minimum of Standard Webhooks, in bytes. */
const SHORTEST_SECRET = 24
const LONGEST_SECRET = 512
const PREFIX = 'whsec_'

/**
 * @param id the same for every attempt; without "."
 * @param at the time of this attempt: receivers refuse what is more than 5 minutes off
 */
export type Sign = (id: string, at: Date, body: string | Buffer) => Record<string, string>

/**
 * Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md). With several
 * secrets there are several signatures, so that a receiver can change over.
 */
export function signer(secrets: readonly string[]): Sign {
  const keys = secrets.map((secret) => createSecretKey(keyOf(secret)))
  return (id, at, body) => {
    const timestamp = String(Math.floor(at.getTime() / 1000))
    const headers: Record<string, string> = { 'webhook-id': id, 'webhook-timestamp': timestamp }
    if (keys.length === 0) return headers
    const signatures = keys.map(
      (key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`,
    )
    headers['webhook-signature'] = signatures.join(' ')
    return headers
  }
}

/** What is wrong with a secret, without repeating it. */
export function secretProblem(secret: string): string | null {
  if (secret.startsWith('whsk_') || secret.startsWith('whpk_'))
    return 'is a key for asymmetric signatures; the relay signs with a shared secret, whsec_ and base64'
  if (
    secret.startsWith(PREFIX) &&
    !/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}=?)?$/.test(secret.slice(PREFIX.length))
  )
    return 'must be base64 after whsec_'
  // Some receivers take it as UTF-8, the reference library for JavaScript as Latin-1: the signatures would differ.
  if (/[^\x20-\x7e]/.test(secret)) return 'holds a character beyond ASCII, which receivers turn into different bytes'
  const { length } = keyOf(secret)
  if (length < SHORTEST_SECRET)
    return `is too short: ${length} bytes; at least ${SHORTEST_SECRET} keep it from being guessed`
  return length > LONGEST_SECRET ? `is too long: ${length} bytes; at most ${LONGEST_SECRET}` : null
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret)
}
