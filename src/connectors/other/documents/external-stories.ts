import type { ExternalStory } from '../../contract/connector.ts'
import { settingError } from '../../kit/setting-error.ts'
import { type Blame, storyOf } from '../ticket-parts.ts'
import { type Element, readXml, textIn } from './xml.ts'

const SETTING = 'source.external_stories'
const EXPECTED = 'external_stories XML'

/**
 * Reads the XML of Tracker's import API as programs really send it: with any content type, more elements than there
 * are, in any order, dates with slashes or dashes, `type` attributes or none, comments in between. The elements' names
 * alone have to be right.
 * @throws {DeliveryError} for whatever else it is, also for a page that asks for a login
 */
export function* externalStories(text: string): Generator<ExternalStory> {
  const document = readXml(text, { setting: SETTING, expected: EXPECTED })
  // Rails made this of an empty list of anything (Array#to_xml).
  if (/^nil[-_]classes$/.test(document.root)) return
  if (document.root !== 'external_stories')
    throw settingError(
      SETTING,
      `the answer is not ${EXPECTED}, since it begins with <${document.root.slice(0, 60)}>: check ${SETTING}`,
    )
  let number = 0
  for (const element of document.elements(['external_story'])) {
    number += 1
    yield story(element, number)
  }
}

function story(element: Element, number: number): ExternalStory {
  const parts = {
    external_id: textIn(element.external_id),
    name: textIn(element.name),
    description: textIn(element.description),
    requested_by: textIn(element.requested_by),
    created_at: textIn(element.created_at),
    type: textIn(element.story_type),
    estimate: textIn(element.estimate),
  }
  return storyOf(parts, number, blame)
}

const blame: Blame = (_, problem) => settingError(SETTING, `the answer cannot be used: ${problem}`)
