import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

/** An incoming web hook of Slack, or of one of the two servers that take the same form in another markup. */
export type SlackServer = 'slack' | 'mattermost' | 'rocketchat'

export interface SlackMessage {
  /** What is read, with the address of each link behind its words. */
  readonly shown: string
  /** What notifications show. */
  readonly text: string
  /** Who would be called. */
  readonly calls: readonly string[]
  readonly body: Readonly<Record<string, unknown>>
}

export interface Slack extends StandIn {
  /** The address of the web hook. */
  readonly hook: string
  readonly messages: SlackMessage[]
  readonly state: {
    /** Null: the hook works. */
    trouble: 'no_service' | 'action_prohibited' | 'channel_is_archived' | null
    /** How many messages are still taken before it asks to wait. */
    remaining: number
  }
}

export interface SlackOptions {
  readonly server?: SlackServer
  readonly now?: () => Date
}

const KEYS: Readonly<Record<SlackServer, string>> = {
  slack: '/services/T024BE7LD/B02KQ7Z4T/XhW3pLq9ZtY1aVb8NcR5dEgK',
  mattermost: '/hooks/xen8mkpq3tyz5ehgk1wd9ru7or',
  rocketchat: '/hooks/65a7c2f1e9b8d40012ab34cd/v9TkQ2mXw7LpZrB4sNc8YdHf3JgEaUq6KoPiMtVxRyWbSzCe',
}

const LONGEST: Readonly<Record<SlackServer, number>> = { slack: 40_000, mattermost: 16_383, rocketchat: 5000 }

export async function startSlack({ server = 'slack', now = () => new Date() }: SlackOptions = {}): Promise<Slack> {
  const messages: SlackMessage[] = []
  const state: Slack['state'] = { trouble: null, remaining: Number.POSITIVE_INFINITY }

  function handle(request: Recorded): Answer {
    const answer = answerTo(request)
    return { ...answer, headers: { date: now().toUTCString(), ...answer.headers } }
  }

  function answerTo({ method, path, headers, body }: Recorded): Answer {
    if (method === 'HEAD' && path === '/') return { status: 200 }
    if (method !== 'POST') return plain(405, 'method_not_allowed')
    if (path !== KEYS[server] || state.trouble === 'no_service') return unknownHook(server)
    if (state.trouble === 'action_prohibited') return plain(403, 'action_prohibited')
    if (state.trouble === 'channel_is_archived') return plain(410, 'channel_is_archived')
    if (state.remaining <= 0) return { ...plain(429, 'rate_limited'), headers: { 'retry-after': '30' } }
    if (!/^application\/json(;|$)/.test(headers['content-type'] ?? '')) return plain(400, 'invalid_payload')
    const payload = parsed(body.toString())
    if (payload === null) return plain(400, 'invalid_payload')
    const read = server === 'slack' ? slackMessage(payload) : textMessage(payload, server)
    if (typeof read === 'string') return refused(read, server)
    messages.push({ ...read, body: payload })
    state.remaining -= 1
    return server === 'rocketchat' ? json(200, { success: true }) : plain(200, 'ok')
  }

  const standIn = await startStandIn(handle)
  return { ...standIn, hook: `${standIn.url}${KEYS[server]}`, messages, state }
}

type Read = Omit<SlackMessage, 'body'>
type Payload = Readonly<Record<string, unknown>>

function slackMessage(payload: Payload): Read | string {
  const { text, blocks = [] } = payload
  if (typeof text !== 'string' || text === '') return 'no_text'
  if (text.length > LONGEST.slack) return 'msg_too_long'
  if (!Array.isArray(blocks) || blocks.length > 50 || JSON.stringify(blocks).length > 13_000) return 'invalid_blocks'
  const calls = [...text.matchAll(/<[!@#]([^>]*)>/g)].map(([, name = '']) => name)
  if (blocks.length === 0) return { shown: unescaped(text), text: unescaped(text), calls }
  const shown = blocks.map(shownBlock)
  if (shown.includes(null)) return 'invalid_blocks'
  return { shown: shown.join('\n'), text: unescaped(text), calls }
}

const STYLES = ['bold', 'italic', 'strike', 'code']
const PARTS = ['rich_text_section', 'rich_text_quote', 'rich_text_preformatted', 'rich_text_list']

/** docs.slack.dev/reference/block-kit/blocks/rich-text-block; null if it is not such a block. */
function shownBlock(block: unknown): string | null {
  if (!isRecord(block) || block.type !== 'rich_text' || !onlyHas(block, ['type', 'elements'])) return null
  const parts = listOf(block.elements)?.map(shownPart) ?? [null]
  return parts.length === 0 || parts.includes(null) ? null : parts.join('\n')
}

function shownPart(part: unknown): string | null {
  if (!isRecord(part) || !PARTS.includes(String(part.type))) return null
  const known = ['type', 'elements', ...(part.type === 'rich_text_section' ? [] : ['border'])]
  const isList = part.type === 'rich_text_list'
  if (!onlyHas(part, isList ? [...known, 'style', 'indent', 'offset'] : known)) return null
  if (isList && !(part.style === 'bullet' || part.style === 'ordered')) return null
  const elements = listOf(part.elements)?.map(isList ? shownItem : shownElement) ?? []
  return elements.length === 0 || elements.includes(null) ? null : elements.join(isList ? '\n' : '')
}

const shownItem = (item: unknown): string | null =>
  isRecord(item) && item.type === 'rich_text_section' ? shownPart(item) : null

function shownElement(element: unknown): string | null {
  if (!isRecord(element) || !onlyHas(element, ['type', 'text', 'url', 'style'])) return null
  const { type, text, url, style = {} } = element
  if (!isRecord(style) || !onlyHas(style, STYLES) || typeof text !== 'string' || text === '') return null
  if (type === 'text' && url === undefined) return text
  return type === 'link' && typeof url === 'string' && /^https?:\/\/\S+$/.test(url) && URL.canParse(url)
    ? `${text} ${url}`
    : null
}

/** As the server makes names of <!channel> and <@U1> before it looks for names. */
function textMessage({ text, ...others }: Payload, server: 'mattermost' | 'rocketchat'): Read | string {
  if (Object.keys(others).length > 0 || typeof text !== 'string' || text.trim() === '') return 'no text'
  if (text.length > LONGEST[server]) return 'too long'
  const named = text.replace(/<!(channel|here|all|everyone)>/g, '@$1').replace(/<@(\w+)>/g, '@$1')
  const calls = [...named.matchAll(/(?<![\w.])@([\w.-]+)/g)].map(([, name = '']) => name)
  const typed = named.replace(/\[([^\]]*)\]\((\S+?)\)/g, '$1 $2')
  const shown = server === 'rocketchat' ? typed : unescaped(typed.replace(/\\([^\w\s])/g, '$1'))
  return { shown, text, calls }
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

function unknownHook(server: SlackServer): Answer {
  if (server === 'slack') return plain(404, 'no_service')
  if (server === 'rocketchat') return json(404, { success: false, error: 'Invalid integration id or token provided.' })
  const id = 'web.incoming_webhook.invalid.app_error'
  return json(400, { id, message: 'Invalid webhook.', request_id: '', status_code: 400 })
}

function refused(why: string, server: SlackServer): Answer {
  if (server === 'slack') return plain(400, why)
  return server === 'rocketchat' ? json(400, { success: false, error: why }) : json(400, { id: 'text', message: why })
}

function parsed(text: string): Payload | null {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): unknown[] | null => (Array.isArray(value) ? value : null)
const onlyHas = (value: object, keys: readonly string[]): boolean =>
  Object.keys(value).every((key) => keys.includes(key))
const plain = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body,
})
const json = (status: number, body: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
})
