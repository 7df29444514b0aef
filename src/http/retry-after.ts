/** One header cannot make a delivery wait longer than this. */
const LONGEST_MS = 24 * 60 * 60 * 1000

/**
 * The wait that a Retry-After header asks for (RFC 9110, section 10.2.3: seconds or an HTTP date), in milliseconds, 0 to
 * a day; null if the header is absent or malformed. Never throws.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | null {
  const value = header?.slice(0, 100).trim() ?? ''
  if (value === '') return null
  if (/^\d+(\.\d+)?$/.test(value)) return clamp(Number(value) * 1000)
  // A date names a day or a month; a bare "-5" or "1e300" would be read as a year.
  if (!/^[A-Za-z]{3}/.test(value)) return null
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : clamp(at - now.getTime())
}

function clamp(ms: number): number {
  return Math.min(LONGEST_MS, Math.max(0, Math.ceil(ms)))
}
