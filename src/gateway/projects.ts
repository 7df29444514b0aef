import type { Config, ProjectConfig } from '../config/schema.ts'
import type { Project } from '../queue/journal.ts'

export function journalProject(config: Config, { id, integrations, ignore_authors }: ProjectConfig): Project {
  return {
    id,
    integrations: integrations.flatMap((each) => config.integrations.find(({ name }) => name === each) ?? []),
    ignoreAuthors: ignore_authors,
  }
}
