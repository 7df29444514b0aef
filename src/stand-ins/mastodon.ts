import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

export interface Status {
  readonly id: string
  readonly text: string
  readonly visibility: string
  readonly at: Date
}

export interface Mastodon extends StandIn {
  readonly statuses: Status[]
  readonly now: () => Date
  readonly state: {
    scopes: string[]
    revoked: boolean
    /** The account may not post. */
    disabled: boolean
    longest: number
    bot: boolean
    remaining: number
    resetAt: Date
  }
}

export interface MastodonOptions {
  readonly now?: () => Date
  /** How far this server's clock is ahead of the machine's. */
  readonly clockAheadMs?: number
}

export const TOKEN = 'ZA-Yj3aBD8U8Cm7lKUp-lm9O9BmDgdhHzDeqsY8tlL0'
const account = '110330606402930310'

/** The parts of Mastodon that an account which only posts meets (docs.joinmastodon.org). */
export async function startMastodon(options: MastodonOptions = {}): Promise<Mastodon> {
  const now = (): Date => new Date((options.now?.() ?? new Date()).getTime() + (options.clockAheadMs ?? 0))
  const statuses: Status[] = []
  const keys = new Map<string, { id: string; until: number }>()
  const state: Mastodon['state'] = {
    scopes: ['write:statuses', 'read:accounts', 'read:statuses'],
    revoked: false,
    disabled: false,
    longest: 500,
    bot: true,
    remaining: 300,
    resetAt: new Date(now().getTime() + 300_000),
  }

  function answer(request: Recorded): Answer {
    const route = `${request.method} ${request.path}`
    if (route === 'GET /api/v2/instance') {
      const limits = { max_characters: state.longest, characters_reserved_per_url: 23, max_media_attachments: 4 }
      return json(200, { domain: 'example.social', configuration: { statuses: limits } })
    }
    if (request.headers.authorization !== `Bearer ${TOKEN}` || state.revoked)
      return json(401, { error: 'The access token is invalid' })
    if (state.disabled) return json(403, { error: 'Your login is currently disabled' })
    if (route === 'POST /api/v1/statuses') return needs('write:statuses') ?? write(request)
    if (route === 'GET /api/v1/accounts/verify_credentials')
      return (
        needs('read:accounts') ?? json(200, { id: account, username: 'enterprise', acct: 'enterprise', bot: state.bot })
      )
    if (route === `GET /api/v1/accounts/${account}/statuses`) return needs('read:statuses') ?? timeline(request.query)
    return json(404, { error: 'Record not found' })
  }

  function needs(scope: string): Answer | null {
    const granted = state.scopes.includes(scope) || state.scopes.includes(scope.split(':')[0] ?? '')
    return granted ? null : json(403, { error: 'This action is outside the authorized scopes' })
  }

  function write(request: Recorded): Answer {
    const limited = {
      'x-ratelimit-limit': '300',
      'x-ratelimit-remaining': String(Math.max(0, state.remaining - 1)),
      'x-ratelimit-reset': `${state.resetAt.toISOString().slice(0, 23)}000Z`,
    }
    if (state.remaining <= 0) return json(429, { error: 'Too many requests' }, limited)
    state.remaining -= 1
    // Rails reads a body by its type: one of another type is as good as none.
    if (request.headers['content-type'] !== 'application/json')
      return json(422, { error: "Validation failed: Text can't be blank" })
    const { status, visibility } = JSON.parse(request.body.toString()) as { status?: unknown; visibility?: unknown }
    if (typeof status !== 'string' || status.trim() === '')
      return json(422, { error: "Validation failed: Text can't be blank" })
    if (typeof visibility !== 'string' || !['public', 'unlisted', 'private', 'direct'].includes(visibility))
      return json(422, { error: 'Validation failed: Visibility is not included in the list' })
    const key = request.headers['idempotency-key']
    const before = key === undefined ? undefined : keys.get(key)
    const there = before !== undefined && before.until > now().getTime() && statuses.find(({ id }) => id === before.id)
    if (there) return json(200, shown(there), limited)
    if (counted(status) > state.longest)
      return json(422, { error: `Validation failed: Text character limit of ${state.longest} exceeded` }, limited)
    const written = { id: String(statuses.length + 1), text: status, visibility, at: now() }
    statuses.push(written)
    if (key !== undefined) keys.set(key, { id: written.id, until: now().getTime() + 3_600_000 })
    return json(200, shown(written), limited)
  }

  function timeline(query: URLSearchParams): Answer {
    const most = Math.min(40, Number(query.get('limit') ?? '20'))
    const newest = statuses.toReversed()
    const max = query.get('max_id')
    const from = max === null ? 0 : newest.findIndex(({ id }) => id === max) + 1
    return json(200, newest.slice(from, from + most).map(shown))
  }

  const standIn = await startStandIn((request) => {
    const given = answer(request)
    return { ...given, headers: { date: now().toUTCString(), ...given.headers } }
  })
  return Object.assign(standIn, { statuses, now, state })
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  }
}

/** As people see characters; a link is 23 whatever its length. */
function counted(text: string): number {
  const plain = text.replace(/https?:\/\/[\w.-]+\.[a-z]{2,}\S*/g, 'x'.repeat(23))
  return [...new Intl.Segmenter('en').segment(plain)].length
}

function shown({ id, text, visibility, at }: Status): object {
  const url = `https://example.social/@enterprise/${id}`
  return { id, created_at: at.toISOString(), visibility, url, uri: url, content: `<p>${html(text)}</p>` }
}

/** Links as Mastodon shows them: the address in three parts, two of which may be hidden. */
function html(text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
  return escaped
    .replace(/(https?:\/\/)([^\s&]{1,30})([^\s&]*)/g, (link, scheme: string, start: string, rest: string) => {
      const seen = `<span class="invisible">${scheme}</span><span class="ellipsis">${start}</span><span class="invisible">${rest}</span>`
      return `<a href="${link}" target="_blank" rel="nofollow noopener noreferrer">${seen}</a>`
    })
    .replaceAll('\n', '<br />')
}
