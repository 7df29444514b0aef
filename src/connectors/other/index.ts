import { defineConnector, type StoryTypes, type Tools } from '../contract/connector.ts'
import { check } from './check.ts'
import { csvStories } from './csv.ts'
import { documentStories } from './documents.ts'
import { examine } from './examine.ts'
import { Settings } from './settings.ts'
import { type Source, secretsOf, sourceOf } from './source.ts'
import { sqlStories } from './sql.ts'

/** Any other system: its tickets can become stories, however they are to be had; nothing is ever written to it. */
export default defineConnector({
  name: 'other',
  title: 'Other',
  system: 'other',
  settings: Settings,
  configure(settings) {
    const problems = examine(settings)
    const source = sourceOf(settings)
    if (source === null || problems.length > 0) return problems
    const { base_url } = settings
    return {
      imports: { storyTypes, missing: null },
      ticketUrl: base_url === '' ? null : base_url,
      secrets: secretsOf(settings),
      plan: () => [],
      open(tools) {
        const stories = () => read(source, tools)
        return { stories, check: () => check(stories(), source.kind, base_url) }
      },
    }
  },
})

const storyTypes: StoryTypes = {
  byType: { feature: 'feature', bug: 'bug', chore: 'chore', release: 'release' },
  otherwise: 'feature',
}

function read(source: Source, tools: Tools) {
  if (source.kind === 'sql') return sqlStories(source.sql, source.database)
  return source.kind === 'csv' ? csvStories(source, tools) : documentStories(source, tools)
}
