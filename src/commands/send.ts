import { type IncomingMessage, request as requestByHttp } from 'node:http'
import { request as requestByHttps } from 'node:https'
import { reachableHost } from '../config/listening.ts'
import type { Config, ProjectConfig } from '../config/schema.ts'
import { visible } from '../observability/visible.ts'
import type { HookRequest } from '../sources/contract/source.ts'
import { activitiesIn } from '../tracker/list.ts'
import { parseActivity } from '../tracker/parse.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { counted } from './backup.ts'
import { CommandFailed } from './command-failed.ts'
import { version } from './config-path.ts'
import { bytesIn, type ConfigOptions, projectNamed, readConfig } from './environment.ts'
import { headersIn } from './given-headers.ts'
import { complain, print } from './print.ts'
import { UsageError } from './usage-error.ts'

interface SendOptions extends ConfigOptions {
  readonly project?: string
  readonly header?: readonly string[]
  /** Of the relay, or the whole hook address. */
  readonly url?: string
  readonly json?: boolean
}

/** The relay has an answer to a list of 2,000 activities long before. */
const LIMIT_MS = 120_000

/**
 * `tracker-relay send FILE`: posts an activity, or a list of them, to the hook of a running relay, as Tracker does, or
 * what another tool sends, signed as the tool does it.
 * @returns whether all of it is stored
 */
export async function send(file: string, options: SendOptions): Promise<boolean> {
  const hook = hookIn(options.url)
  if (hook !== null && options.project !== undefined)
    throw new UsageError('--url is the address of a hook, which names its project; leave --project out')
  const given = { headers: headersIn(options.header ?? []), body: bytesIn(file) }
  const { request, ...address } = hook === null ? await hookOfConfig(given, options) : { url: hook, request: given }
  const answer = await post(address, request)
  if (options.json === true) print(JSON.stringify({ status: answer.status, ...answer.told }))
  if (!('activities' in answer.told) && answer.status < 300) {
    if (options.json !== true) print(storedLine(answer.told))
    return true
  }
  if ('activities' in answer.told) return reportList(answer.told as unknown as ListAnswer, options.json === true)
  if (options.json !== true) complain(visible(refusal(answer)))
  return false
}

/** Null if it is the address of a relay, or not given. @throws {UsageError} if it is not an address */
function hookIn(given: string | undefined): URL | null {
  if (given === undefined) return null
  const url = URL.canParse(given) ? new URL(given) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--url must be an http or https address, not "${given}"`)
  return /\/hooks\/[^/]+\/[^/]+\/?$/.test(url.pathname) ? url : null
}

interface Address {
  readonly url: URL
  /** The unix socket that the relay listens on. */
  readonly socketPath?: string
}

/** Signed as the project's tool would sign it. */
async function hookOfConfig(
  { headers, body }: HookRequest,
  options: SendOptions,
): Promise<Address & { readonly request: HookRequest }> {
  const config = await readConfig(options)
  const project = options.project === undefined ? projectOf(body, config) : projectNamed(config, options.project)
  const signed = project.source?.configured.sign?.(body, new Date()) ?? { headers: {}, body }
  const { socket } = config.server
  const isSocket = options.url === undefined && socket !== undefined
  const base = isSocket ? 'http://localhost' : (options.url ?? listeningAt(config.server)).replace(/\/$/, '')
  const path = `/hooks/${encodeURIComponent(project.id)}/${encodeURIComponent(project.secrets[0] ?? '')}`
  const request = { ...signed, headers: { ...signed.headers, ...headers } }
  return { url: new URL(base + path), ...(isSocket ? { socketPath: socket } : {}), request }
}

/** That of the activity, if there are several. */
function projectOf(body: Buffer, { projects }: Config): ProjectConfig {
  const [only, ...others] = projects
  if (only === undefined) throw new CommandFailed('the config has no project, so the relay takes no activity')
  if (others.length === 0) return only
  const told = projectIdIn(body)
  const found = projects.find(({ id }) => id === told)
  if (found !== undefined) return found
  const names = projects.map(({ id }) => id).join(', ')
  throw new UsageError(
    told === null
      ? `say with --project whose hook to send it to: ${names}`
      : `the activity is of project ${told}, which the config does not name; say with --project whose hook to send it to: ${names}`,
  )
}

/** Null if it cannot be read: what is wrong with it is for the relay to say. */
function projectIdIn(body: Buffer): string | null {
  try {
    const [first = body] = activitiesIn(body) ?? []
    return parseActivity(first).projectId
  } catch (error) {
    if (error instanceof ParseError) return null
    throw error
  }
}

/** Not `public_url`: the relay is on this machine, and a proxy before it may not let this machine in. */
function listeningAt({ host, port }: Config['server']): string {
  if (port === 0)
    throw new CommandFailed('server.port is 0, so the port of the relay is unknown; give its address with --url')
  const reachable = reachableHost(host)
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

interface Answer {
  readonly status: number
  readonly told: Readonly<Record<string, unknown>>
}

/** @throws {CommandFailed} if there is no answer of a relay; without the address's path, which has the secret */
async function post({ url, socketPath }: Address, { headers: own, body }: HookRequest): Promise<Answer> {
  const place = socketPath ?? url.origin
  const headers = {
    'content-type': /^\s*[[{]/.test(body.subarray(0, 100).toString()) ? 'application/json' : 'application/xml',
    'content-length': body.length,
    'user-agent': `tracker-relay/${version()} send`,
    ...own,
  }
  const request = url.protocol === 'https:' ? requestByHttps : requestByHttp
  let response: IncomingMessage
  let text: string
  try {
    response = await new Promise<IncomingMessage>((resolve, reject) => {
      const way = { agent: false, signal: AbortSignal.timeout(LIMIT_MS), ...(socketPath && { socketPath }) }
      request(url, { method: 'POST', headers, ...way }, resolve)
        .on('error', reject)
        .end(body)
    })
    text = Buffer.concat(await response.toArray()).toString()
  } catch (error) {
    throw new CommandFailed(`no relay answers at ${place}: ${(error as Error).message || codeOf(error)}`)
  }
  const status = response.statusCode ?? 0
  const told = objectIn(text)
  if (told === null) throw new CommandFailed(`${place} answered ${status}, and not as a relay does`)
  return { status, told }
}

/** Of an error about several addresses, which has no message. */
function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? error)
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

function storedLine({ id, deliveries, duplicate, ignored }: Answer['told']): string {
  if (ignored !== undefined) return visible(`nothing is stored: ${ignored}`)
  const before = duplicate === true ? ' before' : ''
  return visible(`stored${before} as activity ${id}, ${counted(Number(deliveries), 'delivery', 'deliveries')}`)
}

interface ListAnswer {
  readonly activities: number
  readonly new: number
  readonly duplicates: number
  readonly refused: number
  readonly deliveries: number
  readonly problems?: readonly { readonly item: number; readonly detail: string }[]
}

function reportList(list: ListAnswer, isJson: boolean): boolean {
  if (!isJson) {
    const { activities, duplicates, refused, deliveries, problems = [] } = list
    print(
      `${counted(activities, 'activity', 'activities')}: ${list.new} new, ${duplicates} stored before, ${refused} refused; ${counted(deliveries, 'delivery', 'deliveries')}`,
    )
    for (const { item, detail } of problems) complain(visible(`activity ${item} is refused: ${detail}`))
  }
  return list.refused === 0
}

function refusal({ status, told }: Answer): string {
  const { title, detail } = told
  if (status === 404) return 'not stored: the relay has no such project, or another secret (404)'
  return `not stored (${status}): ${detail ?? title ?? 'no reason was given'}`
}
