import type { Finding } from '../contract/connector.ts'

export const ok = (setting: string | null, message: string): Finding => ({ level: 'ok', setting, message })
export const warning = (setting: string | null, message: string): Finding => ({ level: 'warning', setting, message })
export const error = (setting: string | null, message: string): Finding => ({ level: 'error', setting, message })

/** A warning if the token would cross a network in the clear. */
export function unencrypted(base: string): Finding[] {
  const { protocol, hostname } = new URL(base)
  if (protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return []
  return [warning('base_url', 'the token travels unencrypted. Use https')]
}
