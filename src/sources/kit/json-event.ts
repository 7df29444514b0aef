import { bodyText } from '../../tracker/body-text.ts'
import { parseJson } from '../../tracker/json.ts'
import type { Values } from '../../tracker/json-values.ts'
import { ParseError, shown } from '../../tracker/parse-error.ts'

/**
 * The JSON object that the body is.
 * @param title the tool, for the message
 * @throws {ParseError}
 */
export function jsonEvent(body: Buffer, title: string): Values {
  const text = bodyText(body)
  if (!text.startsWith('{'))
    throw new ParseError(
      'not an activity',
      `The body begins with ${shown(text.slice(0, 20))}; what ${title} sends is a JSON object.`,
    )
  return parseJson(text) as Values
}
