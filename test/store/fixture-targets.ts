import type { Answer, Fault, Recorded, StandIn } from '../../src/stand-ins/stand-in.ts'
import { startStandIn } from '../../src/stand-ins/stand-in.ts'
import { eventually } from '../gateway/eventually.ts'
import { type JiraStandIn, startJira } from '../targets/jira.ts'
import { startTracker, type TrackerStandIn } from '../targets/tracker.ts'

/**
 * Where the targets of a fixture are. The ports are fixed, because the addresses are part of the settings, and what a
 * target has said counts only for the settings it was said to.
 */
export const PORTS = { hooks: 18_461, jira: 18_462, down: 18_463, tracker: 18_464 } as const

export const HOOKS_URL = `http://127.0.0.1:${PORTS.hooks}`
export const TRACKER_TOKEN = 'c93f12c71bec27843c1d84b3bdd547f3'
/** What X hands out for the account; it is in the database only sealed. */
export const ACCOUNT = { token: '6253282-TokenInTheFixture', secret: 'SecretInTheFixture' } as const
export const PIN = '1701170'

interface Test {
  teardown(work: () => Promise<void>): void
}

/** Posts that an account at X shows, by the path of the API, `/news` or `/wire`. */
export type Posts = Readonly<Record<string, { readonly text: string; readonly at: number }[]>>

export interface Targets {
  /** Web hooks and X. */
  readonly hooks: StandIn
  readonly jira: JiraStandIn
  readonly tracker: TrackerStandIn
  readonly posts: Posts
  /** What the web hook's receiver answers instead of 200, by path. */
  readonly refusals: Map<string, number>
  /** Posts to these accounts are taken, and never answered. */
  readonly silent: Set<string>
}

/** Starts something on a fixed port; waits while another run of the tests has it. */
export async function onFixedPort<T extends StandIn>(t: Test, start: () => Promise<T>): Promise<T> {
  const standIn = await eventually(
    () =>
      start().catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE') return null
        throw error
      }),
    (started) => started !== null,
    'the port is free',
  )
  if (standIn === null) throw new Error('the port is not free')
  t.teardown(() => standIn.close())
  return standIn
}

export async function startTargets(t: Test, now: () => number): Promise<Targets> {
  const posts: Posts = { '/news': [], '/wire': [] }
  const refusals = new Map<string, number>()
  const silent = new Set<string>()

  /** X's clock is that of the fixture, as the times of its posts are. */
  async function answer(request: Recorded): Promise<Answer> {
    const { headers, ...rest } = await undated(request)
    return { ...rest, headers: { ...headers, date: new Date(now()).toUTCString() } }
  }

  async function undated(request: Recorded): Promise<Answer> {
    const [, account = '', path = ''] = /^(\/news|\/wire)(\/.*)$/.exec(request.path) ?? []
    const own = posts[account]
    if (own === undefined) return { status: refusals.get(request.path) ?? 200 }
    const authorization = request.headers.authorization ?? ''
    if (path === '/oauth/request_token')
      return form({ oauth_token: 'begun', oauth_token_secret: 'begun', oauth_callback_confirmed: 'true' })
    if (path === '/oauth/access_token')
      return authorization.includes(`oauth_verifier="${PIN}"`)
        ? form({ oauth_token: ACCOUNT.token, oauth_token_secret: ACCOUNT.secret, screen_name: 'enterprise' })
        : { status: 401 }
    if (!authorization.includes(`oauth_token="${ACCOUNT.token}"`)) return { status: 401 }
    if (request.method === 'GET') return json(200, timeline(own))
    const { text } = JSON.parse(request.body.toString()) as { text: string }
    own.push({ text, at: now() })
    if (silent.has(account)) await new Promise(() => {})
    return json(201, { data: { id: String(own.length), text } })
  }

  const hooks = await onFixedPort(t, () => startStandIn(answer, { port: PORTS.hooks }))
  const jira = await onFixedPort(t, () => startJira({ port: PORTS.jira, now: () => new Date(now()) }))
  const tracker = await onFixedPort(t, () => startTracker({ port: PORTS.tracker, token: TRACKER_TOKEN }))
  for (const key of ['TEST-1', 'TEST-2', 'TEST-3']) jira.add(key)
  return { hooks, jira, tracker, posts, refusals, silent }
}

/** The next post to the account with these words meets the fault. */
export function faultOfPost({ hooks }: Targets, account: string, words: string, fault: Fault): void {
  hooks.fault(fault, {
    where: ({ path, body }) => path === `${account}/2/tweets` && body.toString().includes(words),
  })
}

function timeline(posts: readonly { text: string; at: number }[]): object {
  const data = posts.map(({ text, at }, index) => ({
    id: String(index + 1),
    text,
    created_at: new Date(at).toISOString(),
  }))
  return { data: data.reverse(), meta: { result_count: data.length } }
}

function form(values: Record<string, string>): Answer {
  return { status: 200, body: new URLSearchParams(values).toString() }
}

function json(status: number, value: object): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}
