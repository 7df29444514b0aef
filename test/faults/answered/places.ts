import { bug, startBugzilla } from '../../../src/stand-ins/bugzilla.ts'
import { jamesToken, startCampfire } from '../../../src/stand-ins/campfire.ts'
import { GITHUB_TOKEN, startGitHub } from '../../../src/stand-ins/github.ts'
import { GITLAB_TOKEN, startGitLab } from '../../../src/stand-ins/gitlab.ts'
import { startLighthouse } from '../../../src/stand-ins/lighthouse.ts'
import { startMastodon, TOKEN } from '../../../src/stand-ins/mastodon.ts'
import { MATRIX_ROOM, MATRIX_TOKEN, startMatrix } from '../../../src/stand-ins/matrix.ts'
import { benderKey, startOnceCampfire } from '../../../src/stand-ins/once-campfire.ts'
import { startSlack } from '../../../src/stand-ins/slack.ts'
import { client, startZendesk } from '../../../src/stand-ins/zendesk.ts'
import { relayUser, startJira } from '../../targets/jira.ts'
import { startWebhookReceiver } from '../../targets/webhook-receiver.ts'
import type { Passed } from './front.ts'

/** A target of the suite. Each has a project of its own, so that it hears only of what is meant for it. */
export interface Place {
  /** Of its integration. */
  readonly name: string
  /** False: what is in doubt is sent again. */
  readonly isAsked: boolean
  readonly concurrency: number
  /** Whether more than `concurrency` can be sent without a commit: nothing is asked or committed before a write. */
  readonly sendsAhead: boolean
  readonly url: string
  /** With the address that the relay has for it. */
  settings(url: string): object
  /** The elements that link a story to its ticket; none if it has no tickets. */
  link?(story: number): string
  /** All texts that stand where a story is spoken of, in order, each as often as it stands there. */
  said(story: number): readonly string[]
  /** To which statuses the story's ticket went, in order; absent if it has none, or is not told of states. */
  moves?(story: number): readonly string[]
  isWrite(asked: Passed): boolean
  close(): Promise<void>
}

export interface PlaceOptions {
  /** There is a ticket for each story from 1 to this number. */
  readonly stories: number
}

const FEW = 2
const MANY = 8
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
/** What a target does when it is asked too often is another test's matter. */
const NO_LIMIT = 1_000_000
const LINKED_THROUGH = '77'

const isPost = ({ method }: Passed): boolean => method === 'POST'
const isPut = ({ method }: Passed): boolean => method === 'PUT'
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

async function webhook(name: string, concurrency: number): Promise<Place> {
  const { standIn, url, close } = await startWebhookReceiver({ secret: SECRET })
  const { pathname, search } = new URL(url)
  const common = { name, isAsked: false, concurrency, sendsAhead: true, isWrite: isPost, close }
  return {
    ...common,
    url: standIn.url,
    settings: (url) => ({ type: 'webhook', url: `${url}${pathname}${search}`, secret: SECRET }),
    said: () => standIn.requests.map(({ body }) => body.toString()),
  }
}

async function campfire(): Promise<Place> {
  const target = await startCampfire({ rateLimit: { requests: NO_LIMIT, windowMs: 10_000 } })
  return {
    ...{ name: 'campfire', isAsked: true, concurrency: FEW, sendsAhead: false, isWrite: isPost },
    url: target.url,
    settings: (url) => ({ type: 'campfire', base_url: url, api_token: jamesToken, room_id: 42 }),
    said: () => target.messages(42).map(({ body }) => body ?? ''),
    close: target.close,
  }
}

/** Version 1.4.9 cannot be asked what stands in a room. */
async function once(name: string, version: 'main' | '1.4.9'): Promise<Place> {
  const target = await startOnceCampfire({ version })
  return {
    ...{ name, isAsked: version === 'main', concurrency: FEW, sendsAhead: false, isWrite: isPost },
    url: target.url,
    settings: (url) => ({ type: 'campfire', url: `${url}/rooms/1`, bot_key: benderKey }),
    said: () => target.messages(1).map(({ plainText }) => plainText),
    close: target.close,
  }
}

/** It cannot be asked what stands in a channel. */
async function slack(): Promise<Place> {
  const target = await startSlack()
  const { pathname } = new URL(target.hook)
  return {
    ...{ name: 'slack', isAsked: false, concurrency: FEW, sendsAhead: false, isWrite: isPost },
    url: target.url,
    settings: (url) => ({ type: 'slack', url: `${url}${pathname}` }),
    said: () => target.messages.map(({ shown }) => shown),
    close: target.close,
  }
}

async function matrix(): Promise<Place> {
  const target = await startMatrix()
  return {
    ...{ name: 'matrix', isAsked: true, concurrency: FEW, sendsAhead: false },
    url: target.url,
    settings: (url) => ({ type: 'matrix', base_url: url, access_token: MATRIX_TOKEN, room: MATRIX_ROOM }),
    said: () => target.events.map(({ content }) => String(content.body)),
    isWrite: ({ method }) => method === 'PUT',
    close: target.close,
  }
}

async function mastodon(): Promise<Place> {
  const target = await startMastodon()
  target.state.remaining = NO_LIMIT
  return {
    ...{ name: 'mastodon', isAsked: true, concurrency: FEW, sendsAhead: false, isWrite: isPost },
    url: target.url,
    settings: (url) => ({ type: 'mastodon', base_url: url, access_token: TOKEN }),
    said: () => target.statuses.map(({ text }) => text),
    close: target.close,
  }
}

async function jira({ stories }: PlaceOptions): Promise<Place> {
  const target = await startJira()
  for (const story of numbers(stories)) target.add(`ENT-${story}`)
  const { personalAccessToken } = relayUser()
  return {
    ...{ name: 'jira', isAsked: true, concurrency: FEW, sendsAhead: true, isWrite: isPost },
    url: target.url,
    settings: (url) => ({
      ...{ type: 'jira', base_url: url, personal_access_token: personalAccessToken },
      coalesce_states: false,
    }),
    link: (story) => `<jira_id>ENT-${story}</jira_id>`,
    said: (story) => target.comments(`ENT-${story}`).map(({ body }) => body),
    moves: (story) => target.ticket(`ENT-${story}`).history.map(({ to }) => to),
    close: target.close,
  }
}

async function zendesk({ stories }: PlaceOptions): Promise<Place> {
  const target = await startZendesk({
    tickets: numbers(stories).map((id) => ({ id })),
    limits: { requests: NO_LIMIT, updates: NO_LIMIT, ticket: NO_LIMIT },
  })
  return {
    ...{ name: 'zendesk', isAsked: true, concurrency: FEW, sendsAhead: true, isWrite: isPut },
    url: target.url,
    settings: (url) => ({
      ...{ type: 'zendesk', url, oauth_client_id: client.identifier, oauth_client_secret: client.secret },
    }),
    link: (story) => `<zendesk_id>${story}</zendesk_id>`,
    said: (story) => target.comments(story).map(({ plainBody }) => plainBody),
    close: target.close,
  }
}

async function lighthouse({ stories }: PlaceOptions): Promise<Place> {
  const target = await startLighthouse()
  for (const number of numbers(stories)) target.addTicket({ number })
  return {
    ...{ name: 'lighthouse', isAsked: true, concurrency: FEW, sendsAhead: true, isWrite: isPut },
    url: target.url,
    settings: (url) => ({
      ...{ type: 'lighthouse', account: 'acme', base_url: url, external_project_id: 54448 },
      ...{ token: '0123456789abcdef0123456789abcdef01234567', request_interval_seconds: 0 },
    }),
    link: (story) => `<lighthouse_id>${story}</lighthouse_id>`,
    said: (story) => target.comments(story).map(({ body }) => body),
    close: target.close,
  }
}

/** Up to 5.2 it is spoken to over XML-RPC, then over REST. */
async function bugzilla({ stories }: PlaceOptions, name: string, version: '5.0' | '5.3'): Promise<Place> {
  const target = await startBugzilla({ version, bugs: numbers(stories).map((id) => bug(id)) })
  return {
    ...{ name, isAsked: true, concurrency: FEW, sendsAhead: true },
    url: target.url,
    settings: (url) => ({ type: 'bugzilla', url, username: 'relay@relay.test', api_key: 'Kq3vRelayKey' }),
    link: (story) => `<bugzilla_id>${story}</bugzilla_id>`,
    said: (story) => target.comments(story).map(({ text }) => text),
    isWrite: ({ method, path, body }) =>
      path === '/xmlrpc.cgi' ? /Bug\.(add_comment|update)</.test(body.toString()) : method !== 'GET',
    close: target.close,
  }
}

async function github({ stories }: PlaceOptions): Promise<Place> {
  const target = await startGitHub({ limit: NO_LIMIT })
  for (const number of numbers(stories)) target.addIssue({ number })
  return {
    ...{ name: 'github', isAsked: true, concurrency: FEW, sendsAhead: true, isWrite: isPost },
    url: target.url,
    settings: (url) => ({
      ...{ type: 'github', base_url: url, repository: 'starfleet/enterprise', token: GITHUB_TOKEN },
      integration_id: LINKED_THROUGH,
    }),
    link: (story) => `<integration_id type="integer">${LINKED_THROUGH}</integration_id><other_id>${story}</other_id>`,
    said: (story) => target.comments(story).map(({ body }) => body),
    close: target.close,
  }
}

async function gitlab({ stories }: PlaceOptions): Promise<Place> {
  const target = await startGitLab()
  for (const iid of numbers(stories)) target.addIssue({ iid })
  return {
    ...{ name: 'gitlab', isAsked: true, concurrency: FEW, sendsAhead: true, isWrite: isPost },
    url: target.url,
    settings: (url) => ({
      ...{ type: 'gitlab', base_url: url, project: 'starfleet/enterprise', token: GITLAB_TOKEN },
      integration_id: LINKED_THROUGH,
    }),
    link: (story) => `<integration_id type="integer">${LINKED_THROUGH}</integration_id><other_id>${story}</other_id>`,
    said: (story) => target.comments(story).map(({ body }) => body),
    close: target.close,
  }
}

/** One of each kind. Twitter posts as Mastodon does, and refuses what it has already. */
export async function startPlaces(
  t: { teardown(work: () => Promise<void>): void },
  options: PlaceOptions,
): Promise<Place[]> {
  const places = await Promise.all([
    webhook('hook', FEW),
    webhook('wide', MANY),
    campfire(),
    once('once', 'main'),
    once('once-unread', '1.4.9'),
    slack(),
    matrix(),
    mastodon(),
    jira(options),
    zendesk(options),
    lighthouse(options),
    bugzilla(options, 'bugzilla', '5.0'),
    bugzilla(options, 'bugzilla-rest', '5.3'),
    github(options),
    gitlab(options),
  ])
  for (const place of places) t.teardown(place.close)
  return places
}
