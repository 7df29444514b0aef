import type { Job, Receipt, Session } from '../../../src/connectors/contract/connector.ts'
import type { CommentEffect, StateEffect } from '../../../src/connectors/contract/effect.ts'
import jira from '../../../src/connectors/jira/index.ts'
import { jobFor, openSession } from '../../harness.ts'
import { type JiraOptions, type JiraStandIn, startJira } from '../../targets/jira.ts'

export interface Opened {
  readonly target: JiraStandIn
  readonly session: Session
  perform(job: Job): Promise<Receipt>
  confirm(job: Job, since: Date): Promise<Receipt | 'absent' | 'cannot tell'>
}

interface Teardown {
  teardown(then: () => Promise<void>): void
}

/** A stand-in with the ticket TEST-1, and a session that speaks to it over HTTP. */
export async function open(
  t: Teardown,
  options: JiraOptions = {},
  settings: object = {},
  warn?: (fields: object) => void,
): Promise<Opened> {
  const target = await startJira(options)
  target.add('TEST-1')
  const { session, close } = openSession(
    jira,
    {
      base_url: `${target.url}${options.contextPath ?? ''}`,
      ...('personal_access_token' in settings || 'oauth_token' in settings || 'api_username' in settings
        ? {}
        : { personal_access_token: 'NjUwMjE5MTk3NTY3Oq-pat' }),
      ...settings,
    },
    warn === undefined ? {} : { warn },
  )
  t.teardown(async () => {
    await close()
    await target.close()
  })
  return {
    target,
    session,
    perform: async (job) => {
      if (session.perform === undefined) throw new Error('the session performs nothing')
      return await session.perform(job)
    },
    confirm: async (job, since) => {
      if (session.confirm === undefined) throw new Error('the session confirms nothing')
      return await session.confirm(job, since)
    },
  }
}

export function commentJob(parts: Partial<CommentEffect> & { key?: string; ticket?: string } = {}): Job {
  const { key = 'dlv_1', ticket = 'TEST-1', ...effect } = parts
  return jobFor(
    { kind: 'comment', storyId: '109', author: 'Scotty', text: 'I need more power', commentId: '7', ...effect },
    { key, ticket: { externalId: ticket, externalUrl: null } },
  )
}

export function stateJob(state: string, parts: Partial<StateEffect> & { key?: string; ticket?: string } = {}): Job {
  const { key = 'dlv_2', ticket = 'TEST-1', ...effect } = parts
  return jobFor(
    { kind: 'state', storyId: '109', author: 'Scotty', state, from: null, ...effect },
    { key, ticket: { externalId: ticket, externalUrl: null } },
  )
}

export const isWrite = ({ method }: { method: string }): boolean => method === 'POST'
