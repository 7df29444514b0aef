import type { Session, Tools } from '../contract/connector.ts'
import { createApi } from './api.ts'
import { check } from './check.ts'
import { confirmComment, performComment } from './comment.ts'
import { asTicketEffect } from './effects.ts'
import { createSearch } from './search.ts'
import type { Settings } from './settings.ts'
import { confirmState, performState } from './state.ts'
import { stories } from './stories.ts'

/** @param filterId the saved filter whose tickets can be imported; null when there is none */
export function openSession(settings: Settings, filterId: string | null, tools: Tools): Session {
  const api = createApi(settings, tools)
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
}
