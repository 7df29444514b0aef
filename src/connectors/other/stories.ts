import type { ExternalStory } from '../contract/connector.ts'
import { csvStories } from './csv.ts'
import { documentStories } from './documents/stories.ts'
import type { FetchTools } from './fetch.ts'
import type { Source } from './source.ts'
import { sqlStories } from './sql/stories.ts'

/** @throws {DeliveryError} */
export function stories(source: Source, tools: FetchTools): AsyncIterable<readonly ExternalStory[]> {
  if (source.kind === 'sql') return sqlStories(source.sql, source.database)
  return source.kind === 'csv' ? csvStories(source, tools) : documentStories(source, tools)
}
