import { defineConnector, readBy } from '../contract/connector.ts'
import { ticketEffects } from '../kit/ticket-effects.ts'
import { issueOf, placeOf } from './place.ts'
import { openSession } from './session.ts'
import { Settings } from './settings.ts'
import { storyTypes } from './stories.ts'

/** GitHub: a story's comments are posted to its issue, its states close, reopen and label it; issues become stories. */
export default defineConnector({
  name: 'github',
  title: 'GitHub',
  system: 'github',
  settings: Settings,
  configure: readBy(placeOf, (place, settings) => ({
    tickets: { supersedes: () => true },
    imports: { storyTypes, missing: null },
    ticketUrl: `${place.base}/${place.repository}`,
    ticketAt: (url) => issueOf({ externalId: url, externalUrl: null }, place.base)?.number ?? null,
    plan: (activity) => ticketEffects(activity, { comments: settings.update_comments, states: settings.update_state }),
    open: (tools) => openSession(settings, place, tools),
  })),
})
