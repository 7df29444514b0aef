import type { Config, ProjectConfig } from '../config/schema.ts'
import type { Project } from '../queue/journal.ts'

/** A configured project as the journal sees it, with the integrations that its activities are planned for. */
export function journalProject(config: Config, { id, integrations, ignore_authors }: ProjectConfig): Project {
  return {
    id,
    integrations: integrations.flatMap((each) => config.integrations.find(({ name }) => name === each) ?? []),
    ignoreAuthors: ignore_authors,
  }
}
