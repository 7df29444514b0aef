import { defineConnector, type Tools } from '../contract/connector.ts'
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
  settings: Settings,
  examine,
  secrets: secretsOf,
  ticketUrl: ({ base_url }) => (base_url === '' ? null : base_url),
  storyTypes: {
    byType: { feature: 'feature', bug: 'bug', chore: 'chore', release: 'release' },
    otherwise: 'feature',
  },
  importSetting: 'source',
  plan: () => [],

  open(settings, tools) {
    const source = sourceOf(settings)
    const stories = () => read(source, tools)
    return { stories, check: () => check(stories(), source.kind, settings.base_url) }
  },
})

function read(source: Source, tools: Tools) {
  if (source.kind === 'sql') return sqlStories(source.sql, source.database)
  return source.kind === 'csv' ? csvStories(source, tools) : documentStories(source, tools)
}
