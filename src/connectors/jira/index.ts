import { defineConnector } from '../contract/connector.ts'
import { ticketEffects } from '../kit/ticket-effects.ts'
import { createApi } from './api.ts'
import { check } from './check.ts'
import { confirmComment, performComment } from './comment.ts'
import { asTicketEffect } from './effects.ts'
import { createSearch } from './search.ts'
import { examine, filterOf, goalFor, Settings, supersedes } from './settings.ts'
import { confirmState, performState } from './state.ts'
import { stories, storyTypes } from './stories.ts'

/** JIRA Server, Data Center and Cloud from version 7: comments to comments, states to workflow transitions, a filter's tickets to stories. */
export default defineConnector({
  name: 'jira',
  title: 'JIRA',
  settings: Settings,
  needsTicket: true,
  ticketUrl: ({ base_url }) => base_url,
  examine,
  supersedes,
  importSetting: 'filter_id',
  storyTypes,
  plan: (activity, settings) =>
    ticketEffects(activity, { comments: settings.update_comments, states: settings.update_state }).filter(
      (effect) => effect.kind === 'comment' || goalFor(settings, effect) !== null,
    ),
  open(settings, tools) {
    const api = createApi(settings, tools)
    const filterId = settings.filter_id === undefined ? null : filterOf(settings.filter_id)
    const search = filterId === null ? null : createSearch(api, tools, filterId)
    return {
      perform: async (job) => {
        const { effect, ticket } = asTicketEffect(job)
        if (effect.kind === 'comment') return performComment(api, job, effect, ticket)
        return performState(api, effect, ticket)
      },
      confirm: async (job, since) => {
        const { effect, ticket } = asTicketEffect(job)
        if (effect.kind === 'comment') return confirmComment(api, job, effect, ticket, since)
        return confirmState(api, effect, ticket, since)
      },
      ...(search === null ? {} : { stories: () => stories(api, search, tools) }),
      check: () => check(api, search),
    }
  },
})
