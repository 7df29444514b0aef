import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { SealError } from '../connectors/contract/seal-error.ts'

/**
 * Encrypts values for the database with AES-256-GCM. The name is associated data, so that one row's value cannot be moved
 * to another row. Keys are texts of the config; the first one encrypts, all of them decrypt.
 */
export interface Sealer {
  seal(name: string, value: string): string
  /** @throws {SealError} if no key opens it */
  open(name: string, sealed: string): string
}

const FORMAT = 'v1'

export function createSealer(keys: readonly string[]): Sealer | null {
  const derived = keys.map((key) => Buffer.from(hkdfSync('sha256', key, 'tracker-relay', 'credentials', 32)))
  const [first] = derived
  if (first === undefined) return null
  return {
    seal(name, value) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', first, iv).setAAD(Buffer.from(name))
      const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
      return [FORMAT, iv, cipher.getAuthTag(), body]
        .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
        .join('.')
    },
    open(name, sealed) {
      const [format, iv, tag, body] = sealed.split('.')
      if (format === FORMAT && iv !== undefined && tag !== undefined && body !== undefined)
        for (const key of derived) {
          const opened = tryOpen(key, name, iv, tag, body)
          if (opened !== null) return opened
        }
      throw new SealError(`the stored credential "${name}" cannot be decrypted with any key in credentials.keys`)
    },
  }
}

function tryOpen(key: Buffer, name: string, iv: string, tag: string, body: string): string | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes(iv), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(name)).setAuthTag(bytes(tag))
    return decipher.update(bytes(body), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return null
  }
}

/** Accepts exactly one spelling of each value: the unused bits of the last letter must not be changed. */
function bytes(text: string): Buffer {
  const decoded = Buffer.from(text, 'base64url')
  if (decoded.toString('base64url') !== text) throw new RangeError('not the spelling that was written')
  return decoded
}
