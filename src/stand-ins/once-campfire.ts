import { unescaped } from './html-text.ts'
import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

/**
 * A ONCE Campfire, as far as bots see it: https://github.com/basecamp/once-campfire, in its last release of 2026 and
 * as it is on main, where a bot can also read.
 */

export interface OnceBot {
  readonly id: number
  readonly name: string
  /** `<id>-<12 letters and digits>` */
  readonly key: string
}

export interface OnceRoom {
  readonly id: number
  readonly name: string
  readonly members: readonly number[]
}

export interface OnceMessage {
  readonly id: number
  readonly roomId: number
  readonly creatorId: number
  readonly html: string
  readonly plainText: string
  readonly createdAt: Date
}

export interface OnceOptions {
  readonly port?: number
  readonly version?: '1.4.9' | 'main'
  readonly bots?: readonly OnceBot[]
  readonly rooms?: readonly OnceRoom[]
  /** Set up with TLS_DOMAIN: plain requests are redirected. */
  readonly tlsOnly?: boolean
  /** Writes are refused, as from an address that has been banned. */
  readonly banned?: boolean
  readonly clockAheadMs?: number
  readonly now?: () => Date
}

export interface OnceCampfire extends StandIn {
  messages(roomId: number): readonly OnceMessage[]
  /** Lets somebody write into the room, `agoMs` before now. */
  write(roomId: number, creatorId: number, html: string, agoMs?: number): OnceMessage
}

export const benderKey = '2-AbCdEf123456'

const bender: OnceBot = { id: 2, name: 'Tracker', key: benderKey }
const watercooler: OnceRoom = { id: 1, name: 'Bridge', members: [1, 2] }
const PAGE_SIZE = 40

export async function startOnceCampfire(options: OnceOptions = {}): Promise<OnceCampfire> {
  const version = options.version ?? 'main'
  const bots = options.bots ?? [bender]
  const rooms = options.rooms ?? [watercooler, { id: 3, name: 'Engine room', members: [1] }]
  const written: OnceMessage[] = []

  const now = (): Date => new Date((options.now?.() ?? new Date()).getTime() + (options.clockAheadMs ?? 0))

  function handle(request: Recorded): Answer {
    const answer = answerTo(request)
    return { ...answer, headers: { date: now().toUTCString(), ...answer.headers } }
  }

  function answerTo(request: Recorded): Answer {
    const host = request.headers.host ?? ''
    if (options.tlsOnly === true) return { status: 301, headers: { location: `https://${host}${request.path}` } }
    if (options.banned === true && request.method !== 'GET') return page(429)
    if (request.path === '/up' && request.method === 'GET') return page(200, '<html></html>')
    if (request.path === '/session/new' && request.method === 'GET') return page(200, '<html>Sign in</html>')
    const [, roomId, key] = /^\/rooms\/([0-9]+)\/([^/]+)\/messages$/.exec(request.path) ?? []
    const reads = request.method === 'GET' && version === 'main'
    if (roomId === undefined || (request.method !== 'POST' && !reads)) return noRoute
    const bot = bots.find((each) => each.key === key)
    if (bot === undefined) return page(302, '', { location: `http://${host}/session/new` })
    const room = rooms.find((each) => String(each.id) === roomId && each.members.includes(bot.id))
    if (room === undefined) return page(version === 'main' ? 404 : 500)
    return reads ? index(request, room) : create(request, room, bot)
  }

  function create(request: Recorded, room: OnceRoom, bot: OnceBot): Answer {
    const trouble = parameterTrouble(request.headers['content-type'] ?? '', request.body.toString())
    if (trouble !== null) return page(400, trouble)
    const html = request.body.toString()
    if (version === 'main' && html.trim() === '') return page(422)
    const { id } = add(room.id, bot.id, html, now())
    return page(201, '', { location: `http://${request.headers.host ?? ''}/messages/${id}` })
  }

  function index(request: Recorded, room: OnceRoom): Answer {
    const all = written
      .filter(({ roomId }) => roomId === room.id)
      .sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime())
    const before = request.query.get('before')
    const pivot = before === null ? null : all.find(({ id }) => String(id) === before)
    if (pivot === undefined) return page(404)
    const earlier = pivot === null ? all : all.filter(({ createdAt }) => createdAt < pivot.createdAt)
    return {
      status: 200,
      headers: {
        ...versionHeaders(),
        'content-type': 'application/json; charset=utf-8',
        'x-total-count': String(all.length),
      },
      body: JSON.stringify(earlier.slice(-PAGE_SIZE).map((each) => shown(each, room, request.headers.host ?? ''))),
    }
  }

  function shown(message: OnceMessage, room: OnceRoom, host: string): object {
    const bot = bots.find(({ id }) => id === message.creatorId)
    return {
      id: message.id,
      created_at: message.createdAt.toISOString(),
      body: { plain_text: message.plainText, html: `<div class="trix-content">\n  ${message.html}\n</div>\n` },
      creator: { id: message.creatorId, name: bot?.name ?? 'Somebody', role: bot === undefined ? 'member' : 'bot' },
      room: { id: room.id },
      url: `http://${host}/rooms/${room.id}/messages/${message.id}`,
    }
  }

  function add(roomId: number, creatorId: number, html: string, createdAt: Date): OnceMessage {
    const message = { id: 500 + written.length, roomId, creatorId, html, plainText: plainText(html), createdAt }
    written.push(message)
    return message
  }

  function versionHeaders(): Record<string, string> {
    return { 'x-version': version === 'main' ? '1.5.0' : version, 'x-rev': '9310b00' }
  }

  function page(status: number, body = '', headers: Record<string, string> = {}): Answer {
    return { status, headers: { ...versionHeaders(), 'content-type': 'text/html; charset=utf-8', ...headers }, body }
  }

  const standIn = await startStandIn(handle, options.port === undefined ? {} : { port: options.port })
  return {
    ...standIn,
    messages: (roomId) => written.filter((each) => each.roomId === roomId),
    write: (roomId, creatorId, html, agoMs = 0) => add(roomId, creatorId, html, new Date(now().getTime() - agoMs)),
  }
}

/** What no route leads to never reaches the program: no version is told. */
const noRoute: Answer = {
  status: 404,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: '{"status":404,"error":"Not Found"}',
}

/** Rack reads a body as a form, and Rails as JSON, when its type says so; null: it stays a text. */
function parameterTrouble(contentType: string, body: string): string | null {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === '' || type === 'application/x-www-form-urlencoded') {
    if (/%(?![0-9a-fA-F]{2})/.test(body)) return 'invalid %-encoding'
    return /(^|&)attachment=/.test(body) ? 'attachment is no file' : null
  }
  if (type !== 'application/json') return null
  try {
    JSON.parse(body)
    return null
  } catch {
    return 'Error occurred while parsing request parameters'
  }
}

interface Element {
  readonly name: string
  readonly children: (Element | string)[]
}

/** As Action Text makes a plain text from the HTML of a message (action_text/plain_text_conversion.rb). */
function plainText(html: string): string {
  const root: Element = { name: '', children: [] }
  const open = [root]
  for (const [token, closes, name = ''] of html.matchAll(/<(\/?)([a-z0-9]+)[^>]*>|[^<]+/g)) {
    if (!token.startsWith('<')) open.at(-1)?.children.push(unescaped(token))
    else if (closes === '/') open.pop()
    else {
      const element = { name, children: [] }
      open.at(-1)?.children.push(element)
      if (name !== 'br' && name !== 'hr') open.push(element)
    }
  }
  return textOf(root, []).trim()
}

function textOf(node: Element | string, within: readonly string[]): string {
  if (typeof node === 'string') return node.replace(/\n+$/, '')
  const { name, children } = node
  const inside = [...within, name]
  const isList = (each: string): boolean => each === 'ul' || each === 'ol'
  const text = children.map((child, index) => item(child, index, inside)).join('')
  const block = `${text.replace(/\n+$/, '')}\n\n`
  if (name === 'br') return '\n'
  if (name === 'p' || name === 'h1') return block
  if (name === 'div') return `${text.replace(/\n+$/, '')}\n`
  if (name === 'blockquote') return block.replace(/\S(?:[\s\S]*\S)?/, '“$&”')
  return isList(name) ? `${within.some(isList) ? '\n' : ''}${block}` : text

  function item(child: Element | string, index: number, inside: readonly string[]): string {
    const shown = textOf(child, inside)
    if (typeof child === 'string' || child.name !== 'li') return shown
    const indent = '  '.repeat(inside.filter(isList).length - 1)
    return `${indent}${name === 'ol' ? `${index + 1}.` : '•'} ${shown.replace(/\n+$/, '')}\n`
  }
}
