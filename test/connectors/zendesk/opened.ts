import type { Test } from 'tap'
import type { Credentials, Job, Session } from '../../../src/connectors/contract/connector.ts'
import type { Effect } from '../../../src/connectors/contract/effect.ts'
import zendesk from '../../../src/connectors/zendesk/index.ts'
import { client, startZendesk, type ZendeskOptions, type ZendeskStandIn } from '../../../src/stand-ins/zendesk.ts'
import { type Clock, clockAt, jobFor, openSession } from '../../harness.ts'

export const TICKET = 35436

export interface Opened {
  readonly zendesk: ZendeskStandIn
  readonly session: Required<Pick<Session, 'perform' | 'confirm' | 'check'>>
  readonly clock: Clock
}

export const byClient = { oauth_client_id: client.identifier, oauth_client_secret: client.secret ?? '' }

/** A Zendesk, and a session that is logged in to it; both end with the test. */
export async function opened(
  t: Test,
  options: ZendeskOptions & {
    settings?: object
    credentials?: Credentials
    timeoutMs?: number
  } = {},
): Promise<Opened> {
  const clock = clockAt()
  const standIn = await startZendesk({ now: () => new Date(clock.steady()), ...options })
  t.teardown(() => standIn.close())
  const { settings = byClient, credentials, timeoutMs } = options
  return {
    zendesk: standIn,
    clock,
    session: sessionOn(t, standIn, {
      settings,
      clock,
      ...(credentials === undefined ? {} : { credentials }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }),
  }
}

/** One more session on the same Zendesk, as after a restart. */
export function sessionOn(
  t: Test,
  standIn: { readonly url: string },
  options: { settings: object; clock: Clock; credentials?: Credentials; timeoutMs?: number },
): Opened['session'] {
  const { session, close } = openSession(
    zendesk,
    { url: standIn.url, ...options.settings },
    {
      ...options,
      integration: 'support',
      timeoutMs: options.timeoutMs ?? 10_000,
      now: options.clock.now,
      steady: options.clock.steady,
    },
  )
  t.teardown(close)
  const { perform, confirm, check } = session
  if (perform === undefined || confirm === undefined || check === undefined) throw new Error('a function is missing')
  return { perform, confirm, check }
}

export const remark: Effect = {
  kind: 'comment',
  storyId: '1803',
  author: 'James Kirk',
  text: 'the dilithium is low',
  commentId: '42',
}

export function became(state: string, from: string | null = null): Effect {
  return { kind: 'state', storyId: '1803', author: 'James Kirk', state, from }
}

export function jobOn(effect: Effect, parts: { key?: string; ticket?: string } = {}): Job {
  const { ticket = String(TICKET), ...rest } = parts
  return jobFor(effect, { ...rest, ticket: { externalId: ticket, externalUrl: null } })
}

export function updates(standIn: ZendeskStandIn): unknown[] {
  return standIn.requests
    .filter(({ method }) => method === 'PUT')
    .map(({ body }): unknown => JSON.parse(body.toString()))
}
