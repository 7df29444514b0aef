import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'

/** An error that one of the settings is to blame for: nothing will work until a person has changed it. */
export class SettingError extends DeliveryError {
  readonly setting: string

  constructor(setting: string, message: string, details: { status?: number; cause?: unknown } = {}) {
    super('pause', message, details)
    this.name = 'SettingError'
    this.setting = setting
  }
}

/** What a check says of an error; any other kind is thrown on. @throws whatever is no DeliveryError */
export function findingOf(error: unknown): Finding {
  if (!(error instanceof DeliveryError)) throw error
  return { level: 'error', setting: error instanceof SettingError ? error.setting : null, message: error.message }
}
