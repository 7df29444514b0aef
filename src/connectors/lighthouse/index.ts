import { defineConnector } from '../contract/connector.ts'
import { ticketEffects } from '../kit/ticket-effects.ts'
import { accountOf, baseOf, binOf, projectOf, ticketUrl } from './address.ts'
import { createApi } from './api.ts'
import { createPace } from './pace.ts'
import { createSession } from './session.ts'
import { settings } from './settings.ts'
import { moves } from './states.ts'
import { stories, storyTypes } from './stories.ts'

/** Lighthouse: a story's comments become notes on its ticket, its states the ticket's states; a bin's tickets become stories. */
export default defineConnector({
  name: 'lighthouse',
  title: 'Lighthouse',
  settings,
  needsTicket: true,
  ticketUrl,
  importSetting: 'bin_id',
  storyTypes,

  examine({ account, base_url, token, external_project_id, bin_id, update_comments, update_state }) {
    const problems: { setting: string; problem: string }[] = []
    const tell = (setting: string, problem: string): void => void problems.push({ setting, problem })
    if (base_url === undefined && accountOf(account) === null)
      tell('account', 'is no account of lighthouseapp.com; for another address set base_url')
    if (base_url !== undefined && baseOf({ account, base_url }) === null)
      tell('base_url', 'is no http or https address, or holds a login or a query')
    if (projectOf(external_project_id) === null) tell('external_project_id', 'is no number of a project')
    if (bin_id !== undefined && binOf(bin_id) === null)
      tell('bin_id', 'is no number of a bin; take it from its address, /bins/48889')
    if (token === '' && (update_comments || update_state))
      tell('token', 'is needed to write; without one set update_comments and update_state to false')
    if (/[^!-~]/.test(token.trim())) tell('token', 'holds blanks or other characters that no token has')
    return problems
  },

  plan: (activity, { update_comments, update_state, states }) =>
    ticketEffects(activity, { comments: update_comments, states: update_state }).filter(
      (effect) => effect.kind !== 'state' || moves(effect.state, states),
    ),

  open(chosen, { send, now, log, pause, random }) {
    const base = baseOf(chosen)
    const project = projectOf(chosen.external_project_id)
    if (base === null || project === null)
      throw new Error(`lighthouse: ${base === null ? 'account or base_url' : 'external_project_id'} cannot be read`)
    const pace = createPace(chosen.request_interval_seconds * 1000, () => performance.now(), pause)
    const token = chosen.token.trim()
    const api = createApi({ base, project, token, send, now, pace })
    const bin = chosen.bin_id === undefined ? null : binOf(chosen.bin_id)
    const session = createSession({ settings: { ...chosen, token }, api, base, project, bin, now })
    return bin === null
      ? session
      : { ...session, stories: () => stories({ api, log, pause, random, project, bin, token }) }
  },
})
