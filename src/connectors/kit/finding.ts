import type { Finding } from '../contract/connector.ts'

export const ok = (setting: string | null, message: string): Finding => ({ level: 'ok', setting, message })
export const warning = (setting: string | null, message: string): Finding => ({ level: 'warning', setting, message })
export const error = (setting: string | null, message: string): Finding => ({ level: 'error', setting, message })
