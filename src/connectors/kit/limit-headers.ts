import type { Response } from '../../http/send.ts'
import type { Limit } from '../contract/connector.ts'

/** The limit that an answer tells of in `<prefix>-limit`, `-remaining` and `-reset`; null: none. */
export function limitIn({ headers }: Pick<Response, 'headers'>, prefix: string): Limit | null {
  const limit = integer(headers[`${prefix}-limit`])
  const remaining = integer(headers[`${prefix}-remaining`])
  const resetAt = timeOf(headers[`${prefix}-reset`])
  return limit === null && remaining === null && resetAt === null ? null : { limit, remaining, resetAt }
}

function integer(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,12}$/.test(header.trim()) ? Number(header) : null
}

/** Some targets write the time in ISO 8601, others in seconds since 1970. */
function timeOf(header: string | undefined): Date | null {
  const text = header?.trim() ?? ''
  const at = /^\d{1,12}$/.test(text)
    ? Number(text) * 1000
    : /^\d{4}-\d\d-\d\d/.test(text)
      ? Date.parse(text)
      : Number.NaN
  return Number.isNaN(at) ? null : new Date(at)
}
