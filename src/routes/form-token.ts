import { createHmac, timingSafeEqual } from 'node:crypto'
import type { AdminToken } from './administrators.ts'
import { secretDigest } from './secret.ts'

export const TOKEN_FIELD = 'form'

interface FormTokens {
  of(type: string, name: string): string
  isOurs(type: string, name: string, body: unknown): boolean
}

/** Only our own pages know the tokens, so that no other site can submit a form in the administrator's browser. */
export function createFormTokens(tokens: () => readonly AdminToken[]): FormTokens {
  const of = (type: string, name: string): string =>
    // The same in every instance that has the same tokens.
    createHmac('sha256', JSON.stringify(tokens().map(({ token }) => token)))
      .update(JSON.stringify(['connect', type, name]))
      .digest('base64url')
  return {
    of,
    isOurs(type, name, body) {
      const sent = body instanceof URLSearchParams ? (body.get(TOKEN_FIELD) ?? '') : ''
      return timingSafeEqual(secretDigest(sent), secretDigest(of(type, name)))
    },
  }
}
