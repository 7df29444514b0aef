import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'

/** An error that one of the settings is to blame for: nothing will work until a person has changed it. */
export function settingError(
  setting: string,
  message: string,
  details: { status?: number; cause?: unknown } = {},
): DeliveryError {
  return new DeliveryError('pause', message, { ...details, setting })
}

/**
 * What a check says of an error.
 * @param setting the one it is about where the error names none
 * @throws whatever is not a DeliveryError
 */
export function findingOf(error: unknown, setting: string | null = null): Finding {
  if (!(error instanceof DeliveryError)) throw error
  return { level: 'error', setting: error.setting ?? setting, message: error.message }
}
