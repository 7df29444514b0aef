import { createHmac, timingSafeEqual } from 'node:crypto'
import { secretDigest } from './secret.ts'

/** The field of a form that holds its token. */
export const TOKEN_FIELD = 'form'

export interface FormTokens {
  /** What the form carries in the field. */
  of(type: string, name: string): string
  /** Whether what was sent is a form of ours for this integration. */
  isOurs(type: string, name: string, body: unknown): boolean
}

/** Only our own pages know the tokens, so that no other site can press a button in the administrator's browser. */
export function createFormTokens(adminToken: string): FormTokens {
  const of = (type: string, name: string): string =>
    createHmac('sha256', adminToken)
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
