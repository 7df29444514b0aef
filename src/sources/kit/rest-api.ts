import { retryAfterMs } from '../../http/retry-after.ts'
import { type Response, SendError } from '../../http/send.ts'
import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import type { SourceTools } from '../contract/source.ts'
import { SourceApiError } from '../contract/source-api-error.ts'

/** A tool's REST API, as far as it is read. Each call throws {@link SourceApiError}. */
export interface RestApi {
  /** @param search the query, without its question mark */
  list(path: string, search: string): Promise<RestPage>
  /** All pages. */
  all(path: string, search: string): Promise<Values[]>
  /** Any JSON; null if there is no such thing. */
  value(path: string, search: string): Promise<unknown>
  /** Asks by a body; null if there is no such thing, or the token may not ask for it. */
  query(path: string, body: object): Promise<unknown>
  /** Null if the tool shows the token no such thing. @param missing the statuses that say so */
  find(path: string, missing?: readonly number[]): Promise<Values | null>
}

export interface RestPage {
  readonly values: readonly Values[]
  /** The query of the next page; null at the end. */
  readonly next: string | null
}

export interface RestApiParts {
  readonly title: string
  /** Its address; may end with a slash. */
  readonly base: string
  readonly headers: Readonly<Record<string, string>>
  /** The header that says when the limit begins anew, in seconds since 1970, and the one that says how much is left of it. */
  readonly limit: { readonly reset: string; readonly remaining: string }
  /** The setting with its address; without it `api_url`. */
  readonly address?: string
  /** What to do about a token that is refused. */
  readonly newToken: string
  readonly tools: Pick<SourceTools, 'send' | 'now'>
}

/** A hundred long texts, escaped. */
const MOST_BYTES = 64 * 1024 * 1024
/** No hook waits for it. */
const TIMEOUT_MS = 30_000
const GONE = [301, 302, 307, 308, 404, 410]
const MISSING = [404, 410]
const DAY_MS = 86_400_000

export function createRestApi(parts: RestApiParts): RestApi {
  const { title, headers, tools, address = 'api_url' } = parts
  const base = parts.base.replace(/\/+$/, '')

  async function ask(path: string, search: string, body: object | null = null): Promise<Response> {
    const url = `${base}${path}${search === '' ? '' : `?${search}`}`
    const sent = body === null ? { method: 'GET' as const } : { method: 'POST' as const, body: JSON.stringify(body) }
    const type = body === null ? {} : { 'content-type': 'application/json' }
    return await tools
      .send({ ...sent, url, headers: { ...headers, ...type }, maxBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS })
      .catch((error: unknown) => {
        if (!(error instanceof SendError)) throw error
        throw new SourceApiError(`${title}'s API: ${error.message}`, { cause: error })
      })
  }

  function understood(response: Response, path: string): unknown {
    if (response.status !== 200) throw refused(response, path)
    try {
      if (!response.truncated) return response.json()
    } catch {
      // Said below.
    }
    throw new SourceApiError(`${title}'s API answered something other than JSON, or too much; check ${address}`)
  }

  function refused(response: Response, path: string): SourceApiError {
    const { status } = response
    const now = new Date(tools.now())
    const said = saidIn(response)
    const told = said === null ? `${status}` : `${status}: ${said.slice(0, 200)}`
    if (isLimit(response, said))
      return new SourceApiError(`${title}'s API takes no more requests for now (${told})`, {
        retryAfterMs: retryAfterMs(response.headers['retry-after'], now) ?? untilReset(response, now),
      })
    const retryAfter = { retryAfterMs: retryAfterMs(response.headers['retry-after'], now) }
    if (status === 401 || status === 403)
      return new SourceApiError(`${title}'s API rejects the token (${told}); ${parts.newToken}`, retryAfter)
    if (GONE.includes(status))
      return new SourceApiError(
        `${title}'s API shows the token no ${path} (${told}); check the name, what the token may read, and ${address}`,
        retryAfter,
      )
    return new SourceApiError(`${title}'s API answered ${told}; check ${address}`, retryAfter)
  }

  function isLimit({ status, headers: sent }: Response, said: string | null): boolean {
    if (status === 429) return true
    if (status !== 403) return false
    return (
      sent[parts.limit.remaining]?.trim() === '0' || sent['retry-after'] !== undefined || /rate limit/i.test(said ?? '')
    )
  }

  /** By the tool's own clock, if it tells it. */
  function untilReset({ headers: sent }: Response, now: Date): number | null {
    if (sent[parts.limit.remaining]?.trim() !== '0') return null
    const at = Number(sent[parts.limit.reset] ?? Number.NaN) * 1000
    const told = Date.parse(sent.date ?? '')
    const wait = at - (Number.isNaN(told) ? now.getTime() : told)
    return Number.isNaN(wait) ? null : Math.min(DAY_MS, Math.max(1000, wait))
  }

  async function list(path: string, search: string): Promise<RestPage> {
    const response = await ask(path, search)
    const value = understood(response, path)
    if (!Array.isArray(value)) throw new SourceApiError(`${title}'s API answered no list of ${path}; check ${address}`)
    return { values: listOf(value, path), next: nextOf(response, search) }
  }

  return {
    list,
    async all(path, search) {
      const found: Values[] = []
      for (let next: string | null = search; next !== null; ) {
        const page: RestPage = await list(path, next)
        found.push(...page.values)
        next = page.next
      }
      return found
    },
    async value(path, search) {
      const response = await ask(path, search)
      return MISSING.includes(response.status) ? null : understood(response, path)
    },
    async query(path, body) {
      const response = await ask(path, '', body)
      const isRefused = [401, 403, ...MISSING].includes(response.status) && !isLimit(response, saidIn(response))
      return isRefused ? null : understood(response, path)
    },
    async find(path, missing = GONE) {
      const response = await ask(path, '')
      const isMissing = missing.includes(response.status) && !isLimit(response, saidIn(response))
      return isMissing ? null : objectOf(understood(response, path))
    },
  }
}

function saidIn(response: Response): string | null {
  try {
    const { message, error } = objectOf(response.json())
    return textOf(message) ?? textOf(error)
  } catch {
    return null
  }
}

/**
 * What the Link header (RFC 8288) names, some tools with a cursor of their own. Only its query is taken, so that an answer
 * leads nowhere else; a page that names itself as the next one is the last.
 */
function nextOf({ headers }: Response, asked: string): string | null {
  for (const [, address = '', parameters = ''] of (headers.link ?? '').matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (!/;\s*rel="?next"?\s*(?:[;,]|$)/.test(parameters) || !URL.canParse(address)) continue
    const search = new URL(address).search.slice(1)
    return search === '' || search === asked ? null : search
  }
  // GitLab tells the number besides (docs.gitlab.com/api/rest, "Pagination").
  const number = headers['x-next-page']?.trim() ?? ''
  if (!/^\d+$/.test(number)) return null
  const next = new URLSearchParams(asked)
  next.set('page', number)
  return next.toString() === asked ? null : next.toString()
}
