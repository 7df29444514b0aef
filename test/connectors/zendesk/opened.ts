import type { Test } from 'tap'
import type { Credentials, Job, Session, Tools } from '../../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import type { Effect } from '../../../src/connectors/contract/effect.ts'
import zendesk from '../../../src/connectors/zendesk/index.ts'
import { createClient } from '../../../src/http/client.ts'
import { configured, jobFor } from '../../harness.ts'
import { client, startZendesk, type ZendeskOptions, type ZendeskStandIn } from '../../targets/zendesk.ts'

export const TICKET = 35436

/** A clock that the session and Zendesk both go by; it stands still until it is moved. */
export interface Clock {
  readonly now: () => Date
  pass(ms: number): void
}

export function clockAt(text = '2026-11-24T06:00:00.000Z'): Clock {
  let at = Date.parse(text)
  return {
    now: () => new Date(at),
    pass(ms) {
      at += ms
    },
  }
}

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
  const standIn = await startZendesk({ now: clock.now, ...options })
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
  const http = createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs: options.timeoutMs ?? 10_000,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: [],
  })
  t.teardown(() => http.close())
  const quiet = (): void => {}
  const tools: Tools = {
    integration: 'support',
    send: http.send,
    now: options.clock.now,
    random: () => 0.5,
    pause: async () => {},
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  }
  const { perform, confirm, check } = configured(zendesk, { url: standIn.url, ...options.settings }).open(tools)
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

/** What the operator and the queue learn of a failure. */
export async function failure(work: Promise<unknown>) {
  try {
    await work
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const { verdict, message, status, retryAfterMs } = error
    return { verdict, message, status, retryAfterMs }
  }
  throw new Error('nothing failed')
}

export function updates(standIn: ZendeskStandIn): unknown[] {
  return standIn.requests
    .filter(({ method }) => method === 'PUT')
    .map(({ body }): unknown => JSON.parse(body.toString()))
}
