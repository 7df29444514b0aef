import type { ExternalStory } from '../../../src/connectors/contract/connector.ts'
import other from '../../../src/connectors/other/index.ts'
import type { Settings } from '../../../src/connectors/other/settings.ts'
import { FEED_FORMATS, write } from '../../../src/imports/feed-format.ts'
import { createStoryMapping, type FeedStory } from '../../../src/imports/feed-story.ts'
import { configured } from '../../harness.ts'
import { problemsOf } from '../../imports/xmllint.ts'
import { openOther } from './other-source.ts'

interface Test {
  teardown(work: () => Promise<void>): void
}

/**
 * What Tracker gets of a source with an import's default settings: the document, and its stories.
 * @throws {Error} if the document is not what docs/external_stories.xsd says
 */
export async function imported(t: Test, source: object, settings: Partial<Settings> = {}) {
  return await shown(await openOther(t, source, settings).stories(), source)
}

export async function shown(tickets: readonly ExternalStory[], source: object) {
  const map = createStoryMapping({}, configured(other, { source }).imports?.storyTypes)
  const stories: readonly FeedStory[] = tickets.flatMap((ticket) => map(ticket) ?? [])
  let xml = ''
  async function* batches() {
    yield stories
  }
  for await (const text of write(FEED_FORMATS.xml, batches())) xml += text
  const problems = await problemsOf(xml)
  if (problems.length > 0) throw new Error(problems.join('; '))
  return { xml, stories }
}
