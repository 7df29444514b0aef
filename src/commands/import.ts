import { once } from 'node:events'
import type { Config, IntegrationConfig } from '../config/schema.ts'
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
import { baseUrl, print, readConfig, withStore } from './environment.ts'
import { withOpened } from './opened.ts'
import { UsageError } from './usage-error.ts'

/** `relay import NAME`: the list that Tracker's import panel would get, read afresh, on standard output. */
export async function printImport(name: string, options: { config?: string; json?: boolean }): Promise<void> {
  await withStore(options.config, async (store, config) => {
    const integration = integrationOf(config, name)
    const credentials = sealedCredentials(store, config.credentials.keys, Date.now)
    await withOpened(integration, config, credentials, async (opened) => {
      try {
        const settings = integration.common.import ?? WITHOUT_SETTINGS
        const source = importSource(integration, settings, opened)
        const format = FEED_FORMATS[options.json === true ? 'json' : 'xml']
        for await (const text of write(format, stories(source, store, config)))
          if (!process.stdout.write(text)) await once(process.stdout, 'drain')
      } catch (error) {
        if (error instanceof ImportError) throw new UsageError(`${name}: ${error.message}`)
        throw error
      }
    })
  })
}

/** `relay imports`: the Import API URLs to give to Tracker, with their secrets. */
export async function showImports(options: { config?: string }): Promise<void> {
  const { server, integrations } = await readConfig(options.config)
  for (const { name, common } of integrations) {
    if (common.import === undefined) continue
    const { secret, secrets = [], username, public: isPublic } = common.import
    for (const one of secret === undefined ? secrets : [secret]) print(`${baseUrl(server)}/imports/${name}/${one}.xml`)
    if (isPublic || username !== undefined) print(`${baseUrl(server)}/imports/${name}.xml`)
  }
}

/** A source can be tried before anybody is let in. */
const WITHOUT_SETTINGS = {
  public: false,
  cache_seconds: 0,
  stale_seconds: 0,
  exclude_linked: true,
  estimate_bugs_and_chores: false,
}

function integrationOf(config: Config, name: string): IntegrationConfig {
  const found = config.integrations.find((integration) => integration.name === name)
  if (found !== undefined) return found
  const names = config.integrations.map((integration) => integration.name)
  throw new UsageError(`there is no integration "${name}"; there are ${names.length === 0 ? 'none' : names.join(', ')}`)
}

/** @throws {ImportError} when the source fails, after what came before */
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
      // Nothing is printed before there is something to print: a failure is all there is then.
      if (fresh.length > 0) yield fresh
    }
  } catch (error) {
    throw explain(error, source)
  }
}
