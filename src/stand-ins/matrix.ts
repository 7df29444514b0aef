import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

/** A homeserver, as an account sees it that only writes (spec.matrix.org, Client-Server API v1.11). */
export interface Matrix extends StandIn {
  readonly events: MatrixEvent[]
  readonly now: () => Date
  readonly state: {
    revoked: boolean
    joined: string[]
    /** What the address leads to. */
    room: string
    /** The room's power levels let it only read. */
    isMuted: boolean
    isEncrypted: boolean
    /** It has forgotten which transactions it has seen. */
    isForgetful: boolean
    remaining: number
  }
  /** Somebody writes into the room. */
  write(sender: string, content: object): MatrixEvent
}

export interface MatrixEvent {
  readonly event_id: string
  readonly type: 'm.room.message'
  readonly sender: string
  readonly origin_server_ts: number
  readonly content: Readonly<Record<string, unknown>>
}

export const MATRIX_TOKEN = 'syt_cmVsYXk_kQzXvTbNwLmPaRsDfGhJ_3Yt8cE'
export const MATRIX_ROOM = '!OGEhHVWSdvArJzumhm:ship.example'
export const MATRIX_ALIAS = '#bridge:ship.example'
const RELAY = '@relay:ship.example'
const MOST_BYTES = 65_536

export async function startMatrix({ now = () => new Date() }: { readonly now?: () => Date } = {}): Promise<Matrix> {
  const events: MatrixEvent[] = []
  const transactions = new Map<string, string>()
  const state: Matrix['state'] = {
    revoked: false,
    joined: [MATRIX_ROOM],
    room: MATRIX_ROOM,
    isMuted: false,
    isEncrypted: false,
    isForgetful: false,
    remaining: Number.POSITIVE_INFINITY,
  }

  function write(sender: string, content: object): MatrixEvent {
    const event_id = `$${Buffer.from(String(events.length + 1).padStart(32, '0')).toString('base64url')}`
    const event = {
      event_id,
      type: 'm.room.message',
      sender,
      origin_server_ts: now().getTime(),
      content,
    } as MatrixEvent
    events.push(event)
    return event
  }

  function handle(request: Recorded): Answer {
    const answer = answerTo(request)
    return { ...answer, headers: { date: now().toUTCString(), ...answer.headers } }
  }

  function answerTo({ method, path, query, headers, body }: Recorded): Answer {
    const [, rest] = /^\/_matrix\/client\/v3(\/.*)$/.exec(path) ?? []
    if (rest === undefined) return failed(404, 'M_UNRECOGNIZED', 'Unrecognized request')
    if (headers.authorization === undefined) return failed(401, 'M_MISSING_TOKEN', 'Missing access token')
    if (state.revoked || headers.authorization !== `Bearer ${MATRIX_TOKEN}`)
      return failed(401, 'M_UNKNOWN_TOKEN', 'Invalid access token passed.')
    if (method === 'GET' && rest === '/account/whoami') return json(200, { user_id: RELAY, device_id: 'RELAY' })
    if (method === 'GET' && rest === '/joined_rooms') return json(200, { joined_rooms: state.joined })
    if (method === 'GET' && rest === `/directory/room/${encodeURIComponent(MATRIX_ALIAS)}`)
      return json(200, { room_id: state.room, servers: ['ship.example'] })
    const [, roomId = '', verb = ''] = /^\/rooms\/([^/]+)\/(.+)$/.exec(rest) ?? []
    if (verb === '') return failed(404, rest.startsWith('/directory/') ? 'M_NOT_FOUND' : 'M_UNRECOGNIZED', 'Not found')
    const room = decodeURIComponent(roomId)
    if (!state.joined.includes(room)) return failed(403, 'M_FORBIDDEN', `User ${RELAY} not in room ${room}`)
    if (method === 'PUT') return send(verb, headers['content-type'] ?? '', body)
    if (method !== 'GET') return failed(405, 'M_UNRECOGNIZED', 'Unrecognized request')
    if (verb === 'messages') return messages(query)
    if (verb === 'state/m.room.encryption/')
      return state.isEncrypted
        ? json(200, { algorithm: 'm.megolm.v1.aes-sha2' })
        : failed(404, 'M_NOT_FOUND', 'No state')
    const [, id = ''] = /^event\/([^/]+)$/.exec(verb) ?? []
    const event = events.find(({ event_id }) => event_id === decodeURIComponent(id))
    return event === undefined ? failed(404, 'M_NOT_FOUND', 'Event not found.') : json(200, { ...event, room_id: room })
  }

  function send(verb: string, contentType: string, body: Buffer): Answer {
    const [, transaction] = /^send\/m\.room\.message\/([A-Za-z0-9._~-]{1,255})$/.exec(verb) ?? []
    if (transaction === undefined) return failed(404, 'M_UNRECOGNIZED', 'Unrecognized request')
    const known = state.isForgetful ? undefined : transactions.get(transaction)
    if (known !== undefined) return json(200, { event_id: known })
    if (state.isMuted) return failed(403, 'M_FORBIDDEN', "You don't have permission to post that to the room.")
    if (state.remaining <= 0)
      return json(429, { errcode: 'M_LIMIT_EXCEEDED', error: 'Too Many Requests', retry_after_ms: 30_250 })
    if (!/^application\/json(;|$)/.test(contentType)) return failed(400, 'M_NOT_JSON', 'Content not JSON.')
    if (body.length > MOST_BYTES - 2000) return failed(413, 'M_TOO_LARGE', 'event too large')
    const content = contentIn(body.toString())
    if (typeof content === 'string') return failed(400, 'M_BAD_JSON', content)
    const trouble = relationTrouble(content['m.relates_to'])
    if (trouble !== null) return failed(400, 'M_UNKNOWN', trouble)
    state.remaining -= 1
    const { event_id } = write(RELAY, content)
    transactions.set(transaction, event_id)
    return json(200, { event_id })
  }

  /** A thread begins at an event that is in none itself ("Threading"). */
  function relationTrouble(relation: unknown): string | null {
    if (relation === undefined) return null
    if (!isRecord(relation) || relation.rel_type !== 'm.thread') return 'unknown relation'
    const root = events.find(({ event_id }) => event_id === relation.event_id)
    if (root === undefined) return "Can't send relation to unknown event"
    return root.content['m.relates_to'] === undefined ? null : 'Cannot start threads from an event with a relation'
  }

  function messages(query: URLSearchParams): Answer {
    const filter = JSON.parse(query.get('filter') ?? '{}') as { senders?: string[] }
    if (query.get('dir') !== 'b') return failed(400, 'M_MISSING_PARAM', 'dir')
    const limit = Math.min(100, Number(query.get('limit') ?? 10))
    const before = Number(/^t(\d+)$/.exec(query.get('from') ?? '')?.[1] ?? events.length)
    // A server looks at so many events, and leaves out those that the filter does not let through.
    const start = Math.max(0, before - limit)
    const chunk = events.slice(start, before).reverse()
    const shown = chunk.filter(({ sender }) => filter.senders?.includes(sender) ?? true)
    return json(200, { chunk: shown, start: `t${before}`, ...(start === 0 ? {} : { end: `t${start}` }) })
  }

  const standIn = await startStandIn(handle)
  return { ...standIn, events, now, state, write }
}

function contentIn(text: string): Record<string, unknown> | string {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return 'Content not JSON.'
  }
  if (!isRecord(content) || !['m.text', 'm.notice'].includes(String(content.msgtype))) return 'no msgtype'
  if (typeof content.body !== 'string' || content.body === '') return 'no body'
  const isHtml = content.format === 'org.matrix.custom.html' && typeof content.formatted_body === 'string'
  return content.format === undefined || isHtml ? content : 'no formatted_body'
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const failed = (status: number, errcode: string, error: string): Answer => json(status, { errcode, error })
const json = (status: number, body: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
