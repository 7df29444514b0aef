import { type Answer, type Target, textOf } from './target.ts'

interface Message {
  readonly id: number
  readonly creator: { readonly id: number }
  readonly created_at: string
  readonly body: { readonly plain_text: string }
}

export interface Room extends Target {
  /** People say so much. */
  chat(messages: number, at: number): void
}

const A_PAGE = 40
const BOT = 2
const SOMEBODY = 9

/**
 * A room of ONCE Campfire, which is searched for words.
 * @param visible how many of the latest messages can be read
 */
export function createRoom(host: string, visible: number): Room {
  const messages: Message[] = []

  function say(text: string, author: number, at: number): Message {
    const message = {
      id: messages.length + 1,
      creator: { id: author },
      created_at: new Date(at).toISOString(),
      body: { plain_text: text },
    }
    messages.push(message)
    return message
  }

  function page(before: string | null): Answer {
    const end = before === null ? messages.length : Number(before) - 1
    const first = Math.max(0, messages.length - visible)
    if (before !== null && end <= first && first > 0) return { status: 404 }
    return { status: 200, body: messages.slice(Math.max(first, end - A_PAGE), end) }
  }

  return {
    host,
    chat(count, at) {
      for (let said = 0; said < count; said += 1) say('so they say', SOMEBODY, at)
    },
    handle(request, at) {
      const { searchParams } = new URL(request.url)
      if (request.method === 'GET') return page(searchParams.get('before'))
      const { id } = say(plain(textOf(request)), BOT, at)
      return { status: 201, headers: { location: `http://${host}/rooms/1/messages/${id}` }, wrote: `message ${id}` }
    },
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function plain(html: string): string {
  return html
    .replaceAll('<br>', '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '')
}
