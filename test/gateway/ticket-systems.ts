import { bug, startBugzilla, type VersionName } from '../../src/stand-ins/bugzilla.ts'
import { startLighthouse } from '../../src/stand-ins/lighthouse.ts'
import type { Recorded } from '../../src/stand-ins/stand-in.ts'
import { client, startZendesk } from '../../src/stand-ins/zendesk.ts'
import { startJira } from '../targets/jira.ts'

/** The systems of tickets with their strict stand-ins, each with the tickets 1, 2 and 3, for what holds of all of them. */

export interface TicketSystem {
  readonly name: string
  /** The states of a story that it hears of by default. */
  readonly follows: readonly string[]
  /** Whether each of these is a comment of its own. */
  readonly tellsStates: boolean
  start(t: { teardown(work: () => Promise<void> | void): void }): Promise<StartedSystem>
}

export interface StartedSystem {
  readonly url: string
  readonly requests: readonly Recorded[]
  /** The link that Tracker tells. */
  link(ticket: number): { readonly system: string; readonly externalId: string }
  settings(url: string): object
  /** Oldest first. */
  comments(ticket: number): readonly string[]
  statusOf(ticket: number): string
  isWrite(request: Recorded): boolean
}

const TICKETS = [1, 2, 3] as const

export const jira: TicketSystem = {
  name: 'JIRA',
  follows: ['started', 'finished', 'delivered', 'accepted', 'rejected'],
  tellsStates: false,
  async start(t) {
    const target = await startJira()
    t.teardown(target.close)
    for (const number of TICKETS) target.add(`TEST-${number}`)
    return {
      ...target,
      link: (ticket) => ({ system: 'jira', externalId: `TEST-${ticket}` }),
      settings: (url) => ({ type: 'jira', base_url: url, api_username: 'relay', api_password: 'correct horse' }),
      comments: (ticket) => target.comments(`TEST-${ticket}`).map(({ body }) => body),
      statusOf: (ticket) => target.statusOf(`TEST-${ticket}`),
      isWrite: ({ method }) => method === 'POST',
    }
  },
}

export const lighthouse: TicketSystem = {
  name: 'Lighthouse',
  // v3 does not tell whether what is delivered was accepted before.
  follows: ['started', 'finished', 'delivered', 'accepted', 'rejected'],
  tellsStates: false,
  async start(t) {
    const target = await startLighthouse()
    t.teardown(target.close)
    for (const number of TICKETS) target.addTicket({ number })
    return {
      ...target,
      link: (ticket) => ({ system: 'lighthouse', externalId: String(ticket) }),
      settings: (url) => ({
        type: 'lighthouse',
        account: 'acme',
        base_url: url,
        token: '0123456789abcdef0123456789abcdef01234567',
        external_project_id: 54448,
        request_interval_seconds: 0,
      }),
      comments: (ticket) => target.comments(ticket).map(({ body }) => body),
      statusOf: (ticket) => target.ticket(ticket).state,
      isWrite: ({ method }) => method === 'PUT',
    }
  },
}

const EVERY_STATE = ['started', 'finished', 'delivered', 'accepted', 'rejected']

export const zendesk: TicketSystem = {
  name: 'Zendesk',
  follows: EVERY_STATE,
  tellsStates: true,
  async start(t) {
    const target = await startZendesk({ tickets: TICKETS.map((id) => ({ id })) })
    t.teardown(target.close)
    return {
      ...target,
      link: (ticket) => ({ system: 'zendesk', externalId: String(ticket) }),
      settings: (url) => ({
        type: 'zendesk',
        url,
        oauth_client_id: client.identifier,
        oauth_client_secret: client.secret,
      }),
      comments: (ticket) => target.comments(ticket).map(({ plainBody }) => plainBody),
      statusOf: (ticket) => target.tickets.get(ticket)?.status ?? '',
      isWrite: ({ method }) => method === 'PUT',
    }
  },
}

/** Over XML-RPC up to 5.2, over REST from 5.3 on. */
export const bugzilla = (version: VersionName): TicketSystem => ({
  name: `Bugzilla ${version}`,
  follows: EVERY_STATE,
  tellsStates: true,
  async start(t) {
    const target = await startBugzilla({ version, bugs: TICKETS.map((id) => bug(id)) })
    t.teardown(target.close)
    return {
      url: target.url,
      requests: target.requests,
      link: (ticket) => ({ system: 'bugzilla', externalId: String(ticket) }),
      settings: (url) => ({
        type: 'bugzilla',
        url,
        api_key: 'Kq3vRelayKey',
        username: 'relay@relay.test',
        map_status: {
          started: { status: 'IN_PROGRESS' },
          accepted: { status: 'RESOLVED', resolution: 'FIXED' },
          rejected: { status: 'CONFIRMED' },
        },
      }),
      comments: (ticket) => target.comments(ticket).map(({ text }) => text),
      statusOf: (ticket) => target.bugs.get(ticket)?.status ?? '',
      isWrite: ({ method, path, body }) =>
        path === '/xmlrpc.cgi' ? /Bug\.(add_comment|update)</.test(body.toString()) : method !== 'GET',
    }
  },
})
