import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'

/** An error in a setting: nothing will work until a person has changed it. */
export function settingError(
  setting: string,
  message: string,
  details: { status?: number; cause?: unknown } = {},
): DeliveryError {
  return new DeliveryError('pause', message, { ...details, setting })
}

/** @param setting for an error that names none @throws any error other than a DeliveryError */
export function findingOf(error: unknown, setting: string | null = null): Finding {
  if (!(error instanceof DeliveryError)) throw error
  return { level: 'error', setting: error.setting ?? setting, message: error.message }
}
