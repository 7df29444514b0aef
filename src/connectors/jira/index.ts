import { defineConnector } from '../contract/connector.ts'
import { ticketEffects } from '../kit/ticket-effects.ts'
import { openSession } from './session.ts'
import { examine, filterOf, goalFor, Settings, supersedes } from './settings.ts'
import { storyTypes } from './stories.ts'

/** JIRA Server, Data Center and Cloud from version 7: comments to comments, states to workflow transitions, a filter's tickets to stories. */
export default defineConnector({
  name: 'jira',
  title: 'JIRA',
  system: 'jira',
  settings: Settings,
  configure(settings) {
    const problems = examine(settings)
    if (problems.length > 0) return problems
    const filterId = settings.filter_id === undefined ? null : filterOf(settings.filter_id)
    return {
      tickets: { supersedes: (later, earlier) => supersedes(later, earlier, settings) },
      imports: { storyTypes, missing: filterId === null ? 'filter_id' : null },
      ticketUrl: settings.base_url,
      plan: (activity) =>
        ticketEffects(activity, { comments: settings.update_comments, states: settings.update_state }).filter(
          (effect) => effect.kind === 'comment' || goalFor(settings, effect) !== null,
        ),
      open: (tools) => openSession(settings, filterId, tools),
    }
  },
})
