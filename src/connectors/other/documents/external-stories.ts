import type { ExternalStory } from '../../contract/connector.ts'
import { settingError } from '../../kit/setting-error.ts'
import { type Blame, PARTS, type Part, storyOf } from '../ticket-parts.ts'
import { readXml, textIn, wrongRoot } from './xml.ts'

const SETTING = 'source.external_stories'
const EXPECTED = 'external_stories XML'

/**
 * Reads the XML of Tracker's import API as programs really send it: unknown elements, any order, any date format, with
 * or without `type` attributes, with comments.
 * @throws {DeliveryError} for anything else
 */
export function* externalStories(text: string): Generator<ExternalStory> {
  const document = readXml(text, { setting: SETTING, expected: EXPECTED })
  // Rails wrote any empty list like this (Array#to_xml).
  if (/^nil[-_]classes$/.test(document.root)) return
  if (document.root !== 'external_stories') throw wrongRoot(document.root, SETTING, EXPECTED)
  let number = 0
  for (const element of document.elements(['external_story'])) {
    number += 1
    const textOf = (part: Part): string => textIn(element[part === 'type' ? 'story_type' : part])
    yield storyOf(Object.fromEntries(PARTS.map((part) => [part, textOf(part)])), number, blame)
  }
}

const blame: Blame = (_, problem) => settingError(SETTING, `the answer cannot be used: ${problem}`)
