import { readFileSync } from 'node:fs'
import { type IncomingMessage, request as requestByHttp } from 'node:http'
import { request as requestByHttps } from 'node:https'
import { ApiProblem, type Ask, type RawAnswer } from './api-answer.ts'
import { CommandFailed } from './command-failed.ts'
import { version } from './config-path.ts'
import { UsageError } from './usage-error.ts'

const API = '/api/v1'
/** A test message or a reading of tickets can take a minute. */
const LIMIT_MS = 150_000

interface Token {
  readonly value: string
  /** Where it comes from, to be named in place of it. */
  readonly source: string
}

interface Relay {
  readonly url: string
  readonly token?: string | undefined
  readonly tokenFile?: string | undefined
}

/** @throws {UsageError} if the address or the token cannot be right */
export function remoteAsk({ url, token, tokenFile }: Relay): Ask {
  const address = addressOf(url)
  const bearer = tokenOf(token, tokenFile)
  return async (method, path, body) => {
    const answer = await exchange(address, path, method, bearer, body)
    refuseWrongToken(answer, address, bearer)
    return answer
  }
}

interface Address {
  /** Of the API, without the slash at its end. */
  readonly base: string
  readonly socketPath: string | null
  /** For messages. */
  readonly shown: string
}

function addressOf(text: string): Address {
  const socket = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1]
  if (socket !== undefined) return { base: `http://localhost${API}`, socketPath: socket, shown: socket }
  const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(given) ? new URL(given) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(
      `--url must be the http or https address of a relay, or unix:/path of its socket, not "${text}"`,
    )
  if (url.username !== '' || url.password !== '')
    throw new UsageError('--url takes no login; give the token with RELAY_ADMIN_TOKEN or --token-file')
  const path = url.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '')
  return { base: `${url.origin}${path}${API}`, socketPath: null, shown: url.origin }
}

function tokenOf(token: string | undefined, file: string | undefined): Token {
  if (token !== undefined && file !== undefined) throw new UsageError('give either --token or --token-file')
  if (token !== undefined) return { value: sendable(token, '--token'), source: '--token' }
  if (file !== undefined) return { value: sendable(contentOf(file), file), source: `the file ${file}` }
  const set = process.env.RELAY_ADMIN_TOKEN
  if (set !== undefined && set !== '')
    return { value: sendable(set, 'RELAY_ADMIN_TOKEN'), source: 'the variable RELAY_ADMIN_TOKEN' }
  throw new UsageError(
    'a relay wants a token: set RELAY_ADMIN_TOKEN, or name a file with --token-file (admin-token beside its database is one)',
  )
}

function contentOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').trim()
  } catch (error) {
    throw new CommandFailed(`the token cannot be read from ${file}: ${(error as Error).message}`)
  }
}

function sendable(token: string, source: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new UsageError(`the token of ${source} is empty, or has blanks or letters that no token has`)
}

async function exchange(
  { base, socketPath, shown }: Address,
  path: string,
  method: string,
  { value }: Token,
  body: object | null,
): Promise<RawAnswer> {
  const url = new URL(`${base}${path}`)
  const sent = body === null ? null : JSON.stringify(body)
  const headers = {
    authorization: `Bearer ${value}`,
    accept: 'application/json',
    'user-agent': `tracker-relay/${version()} command line`,
    ...(sent === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }),
  }
  const request = url.protocol === 'https:' ? requestByHttps : requestByHttp
  let response: IncomingMessage
  let text: string
  try {
    response = await new Promise<IncomingMessage>((resolve, reject) => {
      const way = {
        agent: false,
        signal: AbortSignal.timeout(LIMIT_MS),
        ...(socketPath === null ? {} : { socketPath }),
      }
      request(url, { method, headers, ...way }, resolve)
        .on('error', reject)
        .end(sent)
    })
    text = Buffer.concat(await response.toArray()).toString()
  } catch (error) {
    throw new CommandFailed(`no relay answers at ${shown} (${whyOf(error)}); start it, or mend the address of --url`)
  }
  const status = response.statusCode ?? 0
  // The relay's other addresses do not send this header.
  const isNoApi = status === 404 && response.headers['x-content-type-options'] === undefined
  if (isNoApi || !isOfRelay(status, text)) throw new CommandFailed(strange(shown, status, response.headers.location))
  return { status, body: text }
}

/** The errors of several addresses have no message together. */
function whyOf(error: unknown): string {
  const { code, message, name } = error as { code?: unknown; message?: string; name?: string }
  if (name === 'TimeoutError') return `nothing came within ${LIMIT_MS / 1000} s`
  return message !== undefined && message !== '' ? message : String(code ?? error)
}

function isOfRelay(status: number, text: string): boolean {
  if (status === 204) return true
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return false
    return status < 300 || String((value as { type?: unknown }).type).startsWith('urn:tracker-relay:')
  } catch {
    return false
  }
}

function strange(shown: string, status: number, location: string | undefined): string {
  const told = `${shown} answered ${status}`
  if (status >= 300 && status < 400 && location !== undefined)
    return `${told} and leads to ${location}; give the address it leads to with --url`
  return `${told}, and not as the admin API of a relay; if admin.listen is set, give that address with --url`
}

/** @throws {ApiProblem} */
function refuseWrongToken({ status, body }: RawAnswer, { shown }: Address, { source }: Token): void {
  const { type = '', detail = '' } =
    status === 401 || status === 403 ? (JSON.parse(body) as Record<string, string>) : {}
  if (status === 401)
    throw new ApiProblem(
      status,
      'unauthorized',
      `${shown} does not know the token from ${source}; use one of admin.tokens, server.admin_token, or the one in its file admin-token`,
    )
  if (status === 403) throw new ApiProblem(status, type.split(':').at(-1) ?? '', `${detail} (it is from ${source})`)
}
