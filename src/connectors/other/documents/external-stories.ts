import { settingError } from '../../kit/setting-error.ts'
import { type Blame, PARTS, type Part, type ReadTicket, storyOf } from '../ticket-parts.ts'
import { createTimeReader, type TimeFormat, USUAL_TIMES } from '../times.ts'
import { type Element, readXml, textIn, wrongRoot } from './xml.ts'

const SETTING = 'source.external_stories'
const EXPECTED = 'external_stories XML'

/**
 * Reads the XML of Tracker's import API as programs really send it: unknown elements, any order, any date format, with
 * or without `type` attributes, with comments.
 * @throws {DeliveryError} for anything else
 */
export function* externalStories(text: string, format: TimeFormat = USUAL_TIMES): Generator<ReadTicket> {
  const document = readXml(text, { setting: SETTING, expected: EXPECTED })
  // Rails wrote any empty list like this (Array#to_xml).
  if (/^nil[-_]classes$/.test(document.root)) return
  if (document.root !== 'external_stories') throw wrongRoot(document.root, SETTING, EXPECTED)
  const times = createTimeReader(format)
  let isColumnRead = false
  let number = 0
  for (const element of document.elements(['external_story'])) {
    number += 1
    const parts = Object.fromEntries(PARTS.map((part) => [part, textOf(element, part)]))
    if (!isColumnRead && times.read(parts.created_at) === 'ambiguous') {
      for (const each of document.elements(['external_story'])) times.learn(textOf(each, 'created_at'))
      isColumnRead = true
    }
    yield storyOf(parts, number, blame, times)
  }
}

function textOf(element: Element, part: Part): string {
  return textIn(element[part === 'type' ? 'story_type' : part])
}

const blame: Blame = (_, problem) => settingError(SETTING, `the answer cannot be used: ${problem}`)
