import { parseJson } from '../../../tracker/json.ts'
import { ParseError } from '../../../tracker/parse-error.ts'
import { settingError } from '../../kit/setting-error.ts'
import { oddity } from '../text.ts'

/** Long ids keep their digits. @throws {DeliveryError} */
export function jsonValue(text: string): unknown {
  const odd = oddity(text)
  if (odd !== null && odd !== 'JSON')
    throw settingError('source.json', `the answer is not JSON, but ${odd}: check source.json`)
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    throw settingError('source.json', `the answer cannot be read: ${error.message}`, { cause: error })
  }
}
