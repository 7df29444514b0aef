import type { Config, ProjectConfig } from '../config/schema.ts'
import type { Project } from '../queue/journal.ts'
import { type Directory, NO_DIRECTORY } from '../sources/contract/source.ts'
import { trackerSource } from '../sources/tracker/index.ts'
import type { SourceSessions } from './source-sessions.ts'
import { ticketPlaces } from './ticket-places.ts'

/** For who only reads what is stored already. */
const NO_SESSIONS: Pick<SourceSessions, 'of'> = { of: () => null }

export function journalProject(
  config: Config,
  { id, integrations, ignore_authors, source }: ProjectConfig,
  sessions: Pick<SourceSessions, 'of'> = NO_SESSIONS,
): Project {
  return {
    id,
    source: source?.configured ?? trackerSource({ id }),
    ...(source === undefined
      ? {}
      : {
          directory: directoryOf(id, sessions),
          isWritten: config.integrations.some(({ type }) => type === source.configured.writtenBy),
          places: () => ticketPlaces(config, { projectId: id, integration: '' }),
        }),
    integrations: integrations.flatMap((each) => config.integrations.find(({ name }) => name === each) ?? []),
    ignoreAuthors: ignore_authors,
  }
}

/** Of the session that is open when something is asked. */
function directoryOf(projectId: string, sessions: Pick<SourceSessions, 'of'>): Directory {
  const directory = (): Directory => sessions.of(projectId)?.directory ?? NO_DIRECTORY
  return { person: (id) => directory().person(id), state: (id) => directory().state(id) }
}
