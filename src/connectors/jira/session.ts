import type { Session, Tools } from '../contract/connector.ts'
import { ticketJob } from '../kit/ticket-job.ts'
import { createApi } from './api.ts'
import { check } from './check.ts'
import { createComments } from './comment.ts'
import { type Place, ticketName } from './place.ts'
import { createSearch } from './search.ts'
import type { Settings } from './settings.ts'
import { createStates } from './state.ts'
import { stories } from './stories.ts'

export function openSession(settings: Settings, place: Place, tools: Tools): Session {
  const api = createApi(place, tools)
  const comments = createComments(api, settings)
  const states = createStates(api, settings)
  const search = place.filterId === null ? null : createSearch(api, tools, place.filterId)
  return {
    async perform(job) {
      const { effect, story, ticket } = ticketJob(job, 'JIRA', ticketName)
      return effect.kind === 'comment'
        ? comments.perform({ key: job.key, effect, story, ticket })
        : states.perform(effect, ticket)
    },
    async confirm(job, since) {
      const { effect, story, ticket } = ticketJob(job, 'JIRA', ticketName)
      return effect.kind === 'comment'
        ? comments.confirm({ key: job.key, effect, story, ticket }, since)
        : states.confirm(effect, ticket, since)
    },
    ...(search === null ? {} : { stories: () => stories(api, search, settings.estimate_field ?? null, tools) }),
    check: () => check(api, settings, search),
  }
}
