import { defineConnector } from '../contract/connector.ts'
import { ticketEffects } from '../kit/ticket-effects.ts'
import { openSession } from './session.ts'
import { baseOf, examineSettings, Settings } from './settings.ts'
import { storyTypes } from './stories.ts'

/** Bugzilla 3.4 to 5.3 and "harmony": comments and state changes of a story as comments of its bug, bugs as stories. */
export default defineConnector({
  name: 'bugzilla',
  title: 'Bugzilla',
  settings: Settings,
  needsTicket: true,
  ticketUrl: baseOf,
  examine: examineSettings,
  storyTypes,
  importSetting: null,
  // Each state is a comment of its own.
  supersedes: () => false,
  plan: (activity, settings) =>
    ticketEffects(activity, { comments: settings.update_comments, states: settings.update_state }),
  open: openSession,
})
