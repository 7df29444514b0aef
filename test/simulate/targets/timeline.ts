import type { Request } from '../../../src/http/send.ts'
import { type Answer, type Target, textOf } from './target.ts'

interface Status {
  readonly id: string
  readonly content: string
  readonly created_at: string
}

export interface Timeline extends Target {
  /** The account's owner posts by hand. */
  chat(posts: number, at: number): void
}

const ME = { id: '110330606402930310', acct: 'enterprise', bot: true }
const A_PAGE = 40
/** So long a repeat is answered with the first status. */
const KEY_HOLDS_MS = 3_600_000

/** The account of a Mastodon server, which is searched for words, and knows a repeat by its key for an hour. */
export function createTimeline(host: string): Timeline {
  const statuses: Status[] = []
  const keys = new Map<string, { readonly status: Status; readonly until: number }>()

  function add(text: string, at: number): Status {
    const status = {
      id: String(statuses.length + 1),
      content: `<p>${escaped(text).replaceAll('\n', '<br />')}</p>`,
      created_at: new Date(at).toISOString(),
    }
    statuses.push(status)
    return status
  }

  function page(before: string | null): Answer {
    const end = before === null ? statuses.length : Number(before) - 1
    return { status: 200, body: statuses.slice(Math.max(0, end - A_PAGE), end).reverse() }
  }

  function post(request: Request, at: number): Answer {
    const key = request.headers?.['idempotency-key'] ?? ''
    const before = keys.get(key)
    if (before !== undefined && before.until > at) return { status: 200, body: before.status }
    const status = add(JSON.parse(textOf(request)).status, at)
    keys.set(key, { status, until: at + KEY_HOLDS_MS })
    return { status: 200, body: status, wrote: `status ${status.id}` }
  }

  return {
    host,
    chat(count, at) {
      for (let said = 0; said < count; said += 1) add('so we say', at)
    },
    handle(request, at) {
      const { pathname, searchParams } = new URL(request.url)
      if (request.method !== 'GET') return post(request, at)
      if (pathname === '/api/v2/instance')
        return { status: 200, body: { configuration: { statuses: { max_characters: 500 } } } }
      return pathname.endsWith('/verify_credentials') ? { status: 200, body: ME } : page(searchParams.get('max_id'))
    },
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
