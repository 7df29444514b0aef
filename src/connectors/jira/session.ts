import type { Session, Tools } from '../contract/connector.ts'
import { untilReaderStops } from '../kit/pages.ts'
import type { ReadAgainTools } from '../kit/read-again.ts'
import { ticketJob } from '../kit/ticket-job.ts'
import { createApi } from './api.ts'
import { check } from './check.ts'
import { createComments } from './comment.ts'
import { createIsCloud } from './deployment.ts'
import { type Place, ticketName } from './place.ts'
import { createSearch } from './search.ts'
import type { Settings } from './settings.ts'
import { createStates } from './state.ts'
import { stories } from './stories.ts'

export function openSession(settings: Settings, place: Place, tools: Tools): Session {
  const api = createApi(place, tools)
  const isCloud = createIsCloud(api)
  const comments = createComments(api, isCloud, settings)
  const states = createStates(api, settings)
  const { filterId } = place
  const search = filterId === null ? null : (tools: ReadAgainTools) => createSearch(api, isCloud, tools, filterId)
  return {
    async perform(job) {
      const { effect, story, ticket } = ticketJob(job, 'JIRA', ticketName)
      return effect.kind === 'comment'
        ? comments.perform({ ...job, effect, story, ticket })
        : states.perform(effect, ticket, job)
    },
    async confirm(job, since) {
      const { effect, story, ticket } = ticketJob(job, 'JIRA', ticketName)
      return effect.kind === 'comment'
        ? comments.confirm({ ...job, effect, story, ticket }, since)
        : states.confirm(effect, ticket, job, since)
    },
    ...(search === null
      ? {}
      : {
          stories: () =>
            untilReaderStops(tools, (tools) => stories(api, search(tools), settings.estimate_field ?? null, tools)),
        }),
    check: () => check(api, settings, search === null ? null : search(tools)),
  }
}
