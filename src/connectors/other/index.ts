import { defineConnector, type StoryTypes } from '../contract/connector.ts'
import { check } from './check.ts'
import { problemsIn } from './problems.ts'
import { Settings } from './settings.ts'
import { secretsOf, sourceOf } from './source.ts'
import { readTickets, stories } from './stories.ts'

/** Tracker's own words, and those that most systems have. */
const BY_TYPE: StoryTypes['byType'] = {
  ...{ feature: 'feature', bug: 'bug', chore: 'chore', release: 'release' },
  ...{ defect: 'bug', fehler: 'bug', anomalie: 'bug', task: 'chore', subtask: 'chore', 'sub-task': 'chore' },
}

/** Any other system: its tickets can become stories; nothing is ever written to it. */
export default defineConnector({
  name: 'other',
  title: 'Other',
  system: 'other',
  settings: Settings,
  configure(settings) {
    const problems = problemsIn(settings)
    const source = sourceOf(settings)
    if (source === null || problems.length > 0) return problems
    const { base_url } = settings
    return {
      imports: {
        storyTypes: {
          byType: BY_TYPE,
          otherwise: 'feature',
          keepsEstimates: true,
        },
        missing: null,
      },
      ticketUrl: base_url === '' ? null : base_url,
      secrets: secretsOf(settings),
      plan: () => [],
      open: (tools) => ({
        stories: () => stories(source, tools),
        check: () => check((note) => readTickets(source, tools, note), source.kind, base_url),
      }),
    }
  },
})
