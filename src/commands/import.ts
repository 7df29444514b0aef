import { once } from 'node:events'
import type { Config } from '../config/schema.ts'
import { createAccounts } from '../gateway/accounts.ts'
import { importSource } from '../gateway/import-sources.ts'
import { importPlaces } from '../gateway/ticket-places.ts'
import { FEED_FORMATS, write } from '../imports/feed-format.ts'
import type { FeedStory } from '../imports/feed-story.ts'
import { createStoryMapping } from '../imports/feed-story.ts'
import { ImportError } from '../imports/import-error.ts'
import { explain, type ImportSource, storiesOf } from '../imports/imports.ts'
import { createFindLinked, withoutLinked } from '../imports/linked.ts'
import { sealedCredentials } from '../store/sealed-credentials.ts'
import type { Store } from '../store/store.ts'
import { CommandFailed } from './command-failed.ts'
import { type ConfigOptions, integrationNamed, withStore } from './environment.ts'
import { withOpened } from './opened.ts'
import { printContent } from './print.ts'

export async function printImport(name: string, options: ConfigOptions & { json?: boolean }): Promise<void> {
  await withStore(options, async (store, config) => {
    const integration = integrationNamed(config, name)
    const credentials = sealedCredentials(store, config.credentials.keys, Date.now)
    const accounts = createAccounts(store, Date.now)
    await withOpened(integration, config, { credentials, accounts }, async (opened) => {
      try {
        const settings = integration.common.import ?? WITHOUT_SETTINGS
        const source = importSource(integration, settings, opened)
        const format = FEED_FORMATS[options.json === true ? 'json' : 'xml']
        for await (const text of write(format, stories(source, store, config)))
          if (!printContent(text)) await once(process.stdout, 'drain')
      } catch (error) {
        if (error instanceof ImportError) throw new CommandFailed(`${name}: ${error.message}`)
        throw error
      }
    })
  })
}

/** So that a source can be tried before its import is configured. */
const WITHOUT_SETTINGS = {
  public: false,
  cache_seconds: 0,
  stale_seconds: 0,
  exclude_linked: true,
}

/** @throws {ImportError} if the source fails, after the stories before that */
async function* stories(
  source: ImportSource,
  store: Store,
  config: Config,
): AsyncGenerator<readonly FeedStory[], void, undefined> {
  const findLinked = createFindLinked({
    integration: source.name,
    linkedTickets: store.linkedTickets,
    places: (projectId) => importPlaces(config, projectId, source.name),
  })
  const read = readOnce(source)
  yield* source.settings.exclude_linked ? withoutLinked(findLinked, read) : read
}

async function* readOnce(source: ImportSource): AsyncGenerator<readonly FeedStory[], void, undefined> {
  const map = createStoryMapping(source.settings, source.storyTypes)
  const seen = new Set<string>()
  try {
    for await (const page of storiesOf(source.session)) {
      const stories = page.flatMap((story) => map(story) ?? [])
      const fresh = stories.filter(({ external_id: id }) => !seen.has(id) && seen.add(id))
      // The feed begins with the first story, so that an early failure prints nothing.
      if (fresh.length > 0) yield fresh
    }
  } catch (error) {
    throw explain(error, source)
  }
}
