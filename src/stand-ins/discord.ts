import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

/** The web hook of a channel of Discord (github.com/discord/discord-api-docs, developers/resources/webhook). */
export interface Discord extends StandIn {
  /** The address of the web hook. */
  readonly hook: string
  readonly messages: DiscordMessage[]
  readonly state: {
    isDeleted: boolean
    /** In a forum channel each message belongs to a thread, and a web hook may begin one. */
    isForum: boolean
    /** The threads that there are, with their names. */
    readonly threads: Map<string, string>
    /** How many messages are still taken before it asks to wait. */
    remaining: number
  }
}

export interface DiscordMessage {
  /** What is read, with the address of each link behind its words. */
  readonly shown: string
  /** Whom it calls. */
  readonly calls: readonly string[]
  readonly thread: string | null
  readonly body: Readonly<Record<string, unknown>>
}

const ID = '1098765432109876000'
const TOKEN = 'n3Vq8ZbT1yXw5RcKd7LmPs9GhJf2AeUo4iQtNxMvBz6CrYkWlHpEgSaD0uOj-ZqTbXyW'
const CHANNEL = '1087654321098765432'
const PATH = `/api/webhooks/${ID}/${TOKEN}`
const FIELDS = ['content', 'username', 'avatar_url', 'tts', 'embeds', 'allowed_mentions', 'flags', 'thread_name']

export async function startDiscord({ now = () => new Date() }: { readonly now?: () => Date } = {}): Promise<Discord> {
  const messages: DiscordMessage[] = []
  const state: Discord['state'] = {
    isDeleted: false,
    isForum: false,
    threads: new Map([['1098765432109876543', 'Bridge']]),
    remaining: Number.POSITIVE_INFINITY,
  }

  function handle(request: Recorded): Answer {
    const answer = answerTo(request)
    return { ...answer, headers: { date: now().toUTCString(), ...answer.headers } }
  }

  function answerTo({ method, path, query, headers, body }: Recorded): Answer {
    const [, hook, token] = /^\/api\/webhooks\/(\d+)\/([^/]+)$/.exec(path) ?? []
    if (hook !== ID || state.isDeleted) return failed(404, 10_015, 'Unknown Webhook')
    if (token !== TOKEN) return failed(401, 50_027, 'Invalid Webhook Token')
    if (method === 'GET')
      return json(200, { id: ID, type: 1, name: 'Tracker', channel_id: CHANNEL, guild_id: '1', token })
    if (method !== 'POST') return failed(405, 0, '405: Method Not Allowed')
    // No Retry-After header, so that the body must be read.
    if (state.remaining <= 0)
      return json(429, { message: 'You are being rate limited.', retry_after: 30.5, global: false })
    if (!/^application\/json(;|$)/.test(headers['content-type'] ?? '')) return failed(400, 50_109, 'Not valid JSON.')
    const thread = query.get('thread_id')
    const read = readMessage(body.toString(), thread)
    if (read === null) return failed(400, 50_035, 'Invalid Form Body')
    const name = read.body.thread_name
    if (name !== undefined && !state.isForum) return failed(400, 220_003, 'Webhooks can only create threads in forums')
    if (state.isForum && thread === null && name === undefined)
      return failed(400, 220_001, 'A forum channel needs thread_name or thread_id')
    if (thread !== null && !state.threads.has(thread)) return failed(404, 10_003, 'Unknown Channel')
    state.remaining -= 1
    const id = `${BigInt(ID) + BigInt(messages.length + 1)}`
    // A thread has the id of its first message.
    if (typeof name === 'string') state.threads.set(id, name)
    const channel = thread ?? (typeof name === 'string' ? id : CHANNEL)
    messages.push({ ...read, thread: channel === CHANNEL ? null : channel })
    if (query.get('wait') !== 'true') return { status: 204 }
    return json(200, { id, type: 0, channel_id: channel, ...read.body })
  }

  const standIn = await startStandIn(handle)
  return { ...standIn, hook: `${standIn.url}${PATH}`, messages, state }
}

/** Null if Discord would refuse it. */
function readMessage(text: string, thread: string | null): DiscordMessage | null {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(body) || !Object.keys(body).every((key) => FIELDS.includes(key))) return null
  const { content = '', embeds = [], allowed_mentions } = body
  if (typeof content !== 'string' || content.length > 2000 || !Array.isArray(embeds) || embeds.length > 10) return null
  const descriptions = embeds.map((embed: unknown) => (isRecord(embed) ? embed.description : null))
  if (!descriptions.every((each) => typeof each === 'string' && each !== '' && each.length <= 4096)) return null
  if (content.trim() === '' && embeds.length === 0) return null
  const { thread_name: name } = body
  if (name !== undefined && (typeof name !== 'string' || name === '' || name.length > 100)) return null
  return {
    shown: [content, ...descriptions].map(shownText).join('\n'),
    calls: calledBy(content, allowed_mentions),
    thread,
    body,
  }
}

/** Only a message's own content calls anybody, and not without leave. */
function calledBy(content: string, allowed: unknown): string[] {
  const parse = isRecord(allowed) && Array.isArray(allowed.parse) ? allowed.parse : ['users', 'roles', 'everyone']
  const named = [...content.matchAll(/(?<!\\)<@&?\d+>|@(everyone|here)/g)].map(([call]) => call)
  return parse.length === 0 ? [] : named
}

const shownText = (text: unknown): string =>
  String(text)
    .replace(/\[((?:\\.|[^\]\\])*)\]\(<([^>]*)>\)/g, '$1 $2')
    .replace(/\\([^\w\s])/g, '$1')

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const failed = (status: number, code: number, message: string): Answer => json(status, { message, code })
const json = (status: number, body: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
