import { defineConnector } from '../contract/connector.ts'
import { ticketEffects } from '../kit/ticket-effects.ts'
import { examine } from './login.ts'
import { openSession } from './session.ts'
import { settings } from './settings.ts'
import { ticketUrl } from './site.ts'
import { storyTypes } from './stories.ts'

/** Zendesk Support, API v2: every comment and state change becomes a private comment of the linked ticket, a view's tickets stories. */
export default defineConnector({
  name: 'zendesk',
  title: 'Zendesk',
  settings,
  needsTicket: true,
  ticketUrl,
  // Each state is a comment of its own.
  supersedes: () => false,
  examine,
  storyTypes,
  importSetting: 'view_id',
  plan: (activity, { update_comments, update_state }) =>
    ticketEffects(activity, { comments: update_comments, states: update_state }),
  open: openSession,
})
