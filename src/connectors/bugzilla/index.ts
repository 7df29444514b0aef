import { checkedBy, defineConnector } from '../contract/connector.ts'
import { ticketEffects } from '../kit/ticket-effects.ts'
import { openSession } from './session.ts'
import { baseOf, examine, Settings } from './settings.ts'
import { storyTypes } from './stories.ts'

/** For Bugzilla 3.4 to 5.3 and "harmony". */
export default defineConnector({
  name: 'bugzilla',
  title: 'Bugzilla',
  system: 'bugzilla',
  settings: Settings,
  configure: checkedBy(examine, (settings) => ({
    // Each state is a comment of its own.
    tickets: { supersedes: () => false },
    imports: { storyTypes, missing: null },
    ticketUrl: baseOf(settings),
    ticketAt: (url) => /\/show_bug\.cgi\?(?:[^#]*&)?id=([0-9]{1,15})(?![0-9])/.exec(url)?.[1] ?? null,
    plan: (activity) => ticketEffects(activity, { comments: settings.update_comments, states: settings.update_state }),
    open: (tools) => openSession(settings, tools),
  })),
})
