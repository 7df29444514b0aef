import type { ExternalStory } from '../contract/connector.ts'
import { csvStories } from './csv.ts'
import { documentStories } from './documents/stories.ts'
import type { FetchTools } from './fetch.ts'
import type { Note } from './note.ts'
import type { Source } from './source.ts'
import { sqlStories } from './sql/stories.ts'
import type { ReadTicket } from './ticket-parts.ts'

/** What is left out of a ticket is logged. @throws {DeliveryError} */
export async function* stories(source: Source, tools: FetchTools): AsyncGenerator<readonly ExternalStory[]> {
  let tickets = 0
  let example = ''
  for await (const page of readTickets(source, tools, (setting, message) => tools.log.warn({ setting }, message))) {
    yield page.map(({ unreadTime, ...story }) => {
      if (unreadTime === undefined) return story
      tickets += 1
      example ||= unreadTime.text
      return story
    })
  }
  if (tickets > 0)
    tools.log.warn({ tickets, example }, 'times of creation cannot be read and are left out: set source.date_format')
}

/** @throws {DeliveryError} */
export function readTickets(source: Source, tools: FetchTools, note: Note): AsyncIterable<readonly ReadTicket[]> {
  if (source.kind === 'sql') return sqlStories(source, tools.timeoutMs)
  return source.kind === 'csv' ? csvStories(source, tools) : documentStories(source, tools, note)
}
