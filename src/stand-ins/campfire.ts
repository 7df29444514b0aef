import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

/**
 * A classic Campfire, as https://github.com/basecamp/campfire-api describes it: JSON alone, rooms and messages in
 * memory.
 */

export interface CampfireUser {
  readonly id: number
  readonly name: string
  readonly token: string
}

export interface CampfireRoom {
  readonly id: number
  readonly name: string
  readonly locked?: boolean
  /** Users whom the room does not let in. */
  readonly closedTo?: readonly number[]
}

export interface CampfireMessage {
  readonly id: number
  readonly room_id: number
  readonly user_id: number | null
  readonly body: string | null
  readonly type: string
  readonly created_at: string
  readonly starred: boolean
}

export interface CampfireOptions {
  readonly port?: number
  readonly users?: readonly CampfireUser[]
  readonly rooms?: readonly CampfireRoom[]
  /** The account wants SSL: since this server has none, every request is redirected. */
  readonly sslOnly?: boolean
  readonly rateLimit?: { readonly requests: number; readonly windowMs: number }
  /** False: no answer has a Date header that can be read. */
  readonly tellsTime?: boolean
  /** Which of more than a hundred messages `since_message_id` shows; the documentation does not tell. */
  readonly sinceShows?: 'the latest' | 'the first'
  /** How far this server's clock is ahead of the machine's. */
  readonly clockAheadMs?: number
  readonly now?: () => Date
}

export interface Campfire extends StandIn {
  messages(roomId: number): readonly CampfireMessage[]
  /** Lets somebody say something in the room, `agoMs` before now. */
  say(roomId: number, userId: number | null, body: string | null, agoMs?: number): CampfireMessage
}

export const jamesToken = '605b32dd11aa22bb33cc44dd55ee66ff77889900'

const james: CampfireUser = { id: 2, name: 'Tracker Relay', token: jamesToken }
const bridge: CampfireRoom = { id: 42, name: 'Bridge' }
/** As many as the documented limit allows: 500 in 10 seconds. */
const documentedLimit = { requests: 500, windowMs: 10_000 }
const speakTypes = ['TextMessage', 'PasteMessage', 'SoundMessage', 'TweetMessage']
const MOST_RECENT = 100

export async function startCampfire(options: CampfireOptions = {}): Promise<Campfire> {
  const users = options.users ?? [james]
  const rooms = options.rooms ?? [bridge, { id: 43, name: 'Engine room' }]
  const limit = options.rateLimit ?? documentedLimit
  const said: CampfireMessage[] = []
  let asked: number[] = []

  const now = (): Date => new Date((options.now?.() ?? new Date()).getTime() + (options.clockAheadMs ?? 0))

  function handle(request: Recorded): Answer {
    const answer = limited() ?? answerTo(request)
    const date = options.tellsTime === false ? 'unknown' : now().toUTCString()
    return { ...answer, headers: { date, ...answer.headers } }
  }

  function limited(): Answer | null {
    const at = now().getTime()
    asked = [...asked.filter((each) => at - each < limit.windowMs), at]
    if (asked.length <= limit.requests) return null
    return { status: 503, headers: { 'retry-after': String(Math.ceil(limit.windowMs / 1000)) } }
  }

  function answerTo(request: Recorded): Answer {
    if (options.sslOnly === true)
      return { status: 302, headers: { location: `https://${request.headers.host ?? ''}${request.path}` } }
    const user = userOf(request)
    if (user === undefined)
      return {
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="Application"', 'content-type': 'text/html' },
        body: 'HTTP Basic: Access denied.\n',
      }
    if (request.path === '/users/me.json' && request.method === 'GET') return json(200, { user: shownUser(user) })
    const open = rooms.filter((room) => room.closedTo?.includes(user.id) !== true)
    if (request.path === '/rooms.json' && request.method === 'GET') return json(200, { rooms: open.map(shownRoom) })
    const [, id, action = ''] =
      /^\/room\/([0-9]+)(\/recent|\/speak|\/transcript\/\d{4}\/\d\d\/\d\d)?\.json$/.exec(request.path) ?? []
    const room = rooms.find((each) => String(each.id) === id)
    if (room === undefined) return notFound
    if (!open.includes(room)) return { status: 403, headers: { 'content-type': 'text/html' }, body: ' ' }
    if (action === '/speak' && request.method === 'POST') return speak(request, room, user)
    if (request.method !== 'GET' || action === '/speak') return notFound
    if (action.startsWith('/transcript/')) return transcript(action, room)
    return action === '/recent' ? recent(request, room) : json(200, { room: shownRoom(room) })
  }

  function userOf(request: Recorded): CampfireUser | undefined {
    const [scheme, credentials = ''] = (request.headers.authorization ?? '').split(' ')
    if (scheme?.toLowerCase() !== 'basic') return undefined
    const [token] = Buffer.from(credentials, 'base64').toString().split(':')
    return users.find((each) => each.token === token)
  }

  function speak(request: Recorded, room: CampfireRoom, user: CampfireUser): Answer {
    if (!/^application\/json(;|$)/.test(request.headers['content-type'] ?? ''))
      return { status: 400, headers: { 'content-type': 'text/plain' }, body: 'not JSON' }
    const message = messageIn(request.body)
    if (message === null) return { status: 422, headers: { 'content-type': 'text/html' }, body: ' ' }
    const isPaste = message.body.includes('\n')
    const type = message.type ?? (isPaste ? 'PasteMessage' : 'TextMessage')
    const body = type === 'TextMessage' ? message.body.replaceAll('\n', '') : message.body
    return json(201, { message: add(room.id, user.id, body, type, now()) })
  }

  function recent(request: Recorded, room: CampfireRoom): Answer {
    const wanted = Number(request.query.get('limit') ?? MOST_RECENT)
    const since = Number(request.query.get('since_message_id') ?? 0)
    if (!Number.isInteger(wanted) || wanted < 1 || !Number.isInteger(since)) return { status: 422 }
    const later = said.filter((each) => each.room_id === room.id && each.id > since)
    const most = Math.min(wanted, MOST_RECENT)
    const isFirst = since > 0 && options.sinceShows === 'the first'
    return json(200, { messages: isFirst ? later.slice(0, most) : later.slice(-most) })
  }

  /** Of a day in UTC, this account's time zone. */
  function transcript(action: string, room: CampfireRoom): Answer {
    const day = action.slice('/transcript/'.length)
    return json(200, {
      messages: said.filter((each) => each.room_id === room.id && each.created_at.startsWith(day)),
    })
  }

  function add(roomId: number, userId: number | null, body: string | null, type: string, at: Date): CampfireMessage {
    const message: CampfireMessage = {
      id: 1000 + said.length,
      room_id: roomId,
      user_id: userId,
      body,
      type,
      created_at: railsTime(at),
      starred: false,
    }
    said.push(message)
    return message
  }

  const standIn = await startStandIn(handle, options.port === undefined ? {} : { port: options.port })
  return {
    ...standIn,
    messages: (roomId) => said.filter((each) => each.room_id === roomId),
    say: (roomId, userId, body, agoMs = 0) =>
      add(roomId, userId, body, body === null ? 'TimestampMessage' : 'TextMessage', new Date(now().getTime() - agoMs)),
  }
}

const notFound: Answer = {
  status: 404,
  headers: { 'content-type': 'text/html' },
  body: '<html><body>The record could not be found</body></html>',
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) }
}

/** Times in the JSON of Rails before version 3: whole seconds. */
function railsTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')} +0000`
}

function shownUser(user: CampfireUser): object {
  return { id: user.id, name: user.name, email_address: 'relay@enterprise.example', admin: false, type: 'Member' }
}

function shownRoom(room: CampfireRoom): object {
  return { id: room.id, name: room.name, topic: '', membership_limit: 60, locked: room.locked === true }
}

/** Null: not a message that can be said. */
function messageIn(body: Buffer): { readonly body: string; readonly type: string | undefined } | null {
  const value = parsed(body)
  if (typeof value !== 'object' || value === null || !('message' in value)) return null
  const { message } = value
  if (typeof message !== 'object' || message === null || !('body' in message)) return null
  const type = 'type' in message ? message.type : undefined
  if (typeof message.body !== 'string' || message.body.trim() === '') return null
  if (type !== undefined && (typeof type !== 'string' || !speakTypes.includes(type))) return null
  return { body: message.body, type }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return null
  }
}
