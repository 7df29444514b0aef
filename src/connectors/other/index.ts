import { defineConnector } from '../contract/connector.ts'
import { check } from './check.ts'
import { problemsIn } from './problems.ts'
import { Settings } from './settings.ts'
import { secretsOf, sourceOf } from './source.ts'
import { stories } from './stories.ts'

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
          byType: { feature: 'feature', bug: 'bug', chore: 'chore', release: 'release' },
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
        check: () => check(stories(source, tools), source.kind, base_url),
      }),
    }
  },
})
