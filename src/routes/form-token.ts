import { createHmac, timingSafeEqual } from 'node:crypto'
import { secretDigest } from './secret.ts'

export const TOKEN_FIELD = 'form'

interface FormTokens {
  of(type: string, name: string): string
  isOurs(type: string, name: string, body: unknown): boolean
}

/** Only our own pages know the tokens, so that no other site can submit a form in the administrator's browser. */
export function createFormTokens(adminToken: () => string | undefined): FormTokens {
  const of = (type: string, name: string): string =>
    createHmac('sha256', adminToken() ?? '')
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
