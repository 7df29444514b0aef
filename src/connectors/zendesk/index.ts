import { defineConnector, readBy } from '../contract/connector.ts'
import { ticketEffects } from '../kit/ticket-effects.ts'
import { placeOf } from './place.ts'
import { openSession } from './session.ts'
import { Settings } from './settings.ts'
import { storyTypes } from './stories.ts'

/** Zendesk Support, API v2. */
export default defineConnector({
  name: 'zendesk',
  title: 'Zendesk',
  system: 'zendesk',
  settings: Settings,
  configure: readBy(placeOf, (place, settings) => ({
    // Each state is a comment of its own.
    tickets: { supersedes: () => false },
    imports: { storyTypes, missing: place.viewId === null ? 'view_id' : null },
    ticketUrl: place.origin,
    ticketAt: (url) =>
      /\/(?:agent\/|hc\/(?:[\w-]+\/)?)?(?:tickets|requests)\/([0-9]{1,15})(?![0-9])/.exec(url)?.[1] ?? null,
    plan: (activity) => ticketEffects(activity, { comments: settings.update_comments, states: settings.update_state }),
    open: (tools) => openSession(settings, place, tools),
  })),
})
