import { defineConnector } from '../contract/connector.ts'
import { ticketEffects } from '../kit/ticket-effects.ts'
import { isEcho } from './echo.ts'
import { goalProblems, mayMove, supersedes } from './goals.ts'
import { placeOf } from './place.ts'
import { openSession } from './session.ts'
import { Settings } from './settings.ts'
import { storyTypes } from './stories.ts'

/** JIRA Server and Data Center from version 7, and Cloud. */
export default defineConnector({
  name: 'jira',
  title: 'JIRA',
  system: 'jira',
  settings: Settings,
  configure(settings) {
    const { states, update_comments, update_state, visible_marker } = settings
    const place = placeOf(settings)
    const problems = [...(Array.isArray(place) ? place : []), ...goalProblems(states)]
    if (Array.isArray(place) || problems.length > 0) return problems
    return {
      tickets: { supersedes: (later, earlier) => supersedes(later, earlier, states) },
      imports: { storyTypes, missing: place.filterId === null ? 'filter_id' : null },
      ticketUrl: settings.base_url,
      ticketAt: (url) =>
        /\/(?:browse|issues)\/([A-Za-z][A-Za-z0-9_]*-[0-9]+)(?![A-Za-z0-9_-])/.exec(url)?.[1]?.toUpperCase() ?? null,
      plan: (activity) =>
        ticketEffects(activity, { comments: update_comments, states: update_state }).filter((effect) =>
          effect.kind === 'comment' ? visible_marker || !isEcho(effect) : mayMove(states, effect),
        ),
      open: (tools) => openSession(settings, place, tools),
    }
  },
})
