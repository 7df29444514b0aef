import type { Activity } from './activity.ts'
import { bodyText } from './body-text.ts'
import { parseJson } from './json.ts'
import { activityFromJson } from './json-activity.ts'
import { ParseError, shown } from './parse-error.ts'
import { parseXml } from './xml.ts'
import { activityFromXml } from './xml-activity.ts'

/**
 * Reads one activity from the bytes that Tracker posted, which alone decide the format.
 * @throws {ParseError} for anything but exactly one activity
 */
export function parseActivity(body: Buffer): Activity {
  const text = bodyText(body)
  const first = text.charAt(0)
  if (first === '<') return activityFromXml(parseXml(text), body)
  if (first === '{' || first === '[') return activityFromJson(parseJson(text), body)
  throw new ParseError(
    'not an activity',
    `The body begins with ${shown(text.slice(0, 20))}; an activity is XML and begins with "<", or JSON and begins with "{".`,
  )
}
