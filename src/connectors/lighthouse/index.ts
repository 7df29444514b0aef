import { defineConnector, readBy } from '../contract/connector.ts'
import { ticketEffects } from '../kit/ticket-effects.ts'
import { placeOf } from './place.ts'
import { openSession } from './session.ts'
import { Settings } from './settings.ts'
import { mayMove, moves } from './states.ts'
import { storyTypes } from './stories.ts'

/** A story's comments become notes on its ticket, and the ticket follows the story's state; a bin's tickets can become stories. */
export default defineConnector({
  name: 'lighthouse',
  title: 'Lighthouse',
  system: 'lighthouse',
  settings: Settings,
  configure: readBy(placeOf, (place, settings) => {
    const { update_comments, update_state, states } = settings
    return {
      // A state that leaves the ticket alone must not take the place of one that moves it.
      tickets: { supersedes: (later) => moves(later, states) },
      imports: { storyTypes, missing: place.bin === null ? 'bin_id' : null },
      ticketUrl: `${place.base}/projects/${place.project}`,
      ticketAt: (url) => /\/tickets\/([1-9][0-9]{0,11})(?![0-9])/.exec(url)?.[1] ?? null,
      plan: (activity) =>
        ticketEffects(activity, { comments: update_comments, states: update_state }).filter(
          (effect) => effect.kind !== 'state' || mayMove(effect, states),
        ),
      open: (tools) => openSession(settings, place, tools),
    }
  }),
})
