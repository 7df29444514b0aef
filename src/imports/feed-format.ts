import type { FeedStory } from './feed-story.ts'

/** How the feed is written, part by part, so that sending can begin before the list is complete. */
export interface FeedFormat {
  readonly name: 'xml' | 'json'
  readonly contentType: string
  readonly head: string
  story(story: FeedStory, first: boolean): string
  readonly foot: string
}

/** The document that Tracker reads from an Import API URL; docs/external_stories.xsd describes it. */
const XML: FeedFormat = {
  name: 'xml',
  contentType: 'application/xml; charset=utf-8',
  head: '<?xml version="1.0" encoding="UTF-8"?>\n<external_stories type="array">\n',
  story: (story) =>
    [
      '  <external_story>',
      `    <external_id>${escaped(story.external_id)}</external_id>`,
      `    <name>${escaped(story.name)}</name>`,
      `    <description>${escaped(story.description)}</description>`,
      `    <requested_by>${escaped(story.requested_by)}</requested_by>`,
      ...(story.created_at === null ? [] : [`    <created_at type="datetime">${story.created_at}</created_at>`]),
      `    <story_type>${story.story_type}</story_type>`,
      ...(story.estimate === null ? [] : [`    <estimate type="integer">${story.estimate}</estimate>`]),
      '  </external_story>\n',
    ].join('\n'),
  foot: '</external_stories>\n',
}

const JSON_LIST: FeedFormat = {
  name: 'json',
  contentType: 'application/json; charset=utf-8',
  head: '[',
  story: (story, first) => `${first ? '\n' : ',\n'}${JSON.stringify(story, (_, value) => value ?? undefined)}`,
  foot: '\n]\n',
}

export const FEED_FORMATS: Readonly<Record<FeedFormat['name'], FeedFormat>> = { xml: XML, json: JSON_LIST }

/** Yields one text for each batch. */
export async function* write(
  format: FeedFormat,
  batches: AsyncIterable<readonly FeedStory[]>,
): AsyncGenerator<string, void, undefined> {
  let ahead = format.head
  let first = true
  for await (const stories of batches) {
    for (const story of stories) {
      ahead += format.story(story, first)
      first = false
    }
    yield ahead
    ahead = ''
  }
  yield ahead + format.foot
}

/** ">" too, since "]]>" is not allowed in a text. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
