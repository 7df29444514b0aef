import type { Session, Tools } from '../../contract/connector.ts'
import type { WritingsPage } from '../../kit/own-writings.ts'
import type { OwnWords } from '../../kit/template.ts'
import type { Once } from '../place.ts'
import type { RoomMessage } from '../room-message.ts'
import { speakingIn } from '../speaking.ts'
import { createOnceApi, type OnceApi } from './api.ts'
import { checkBot } from './check.ts'

/** Four thousand messages. */
const MOST_PAGES = 100

export function onceSession(place: Once, templates: OwnWords, tools: Tools): Session {
  const api = createOnceApi(place, tools)
  const ownId = place.botKey.slice(0, place.botKey.indexOf('-'))

  return {
    ...speakingIn(
      {
        say: async ({ html }) => await api.write(html),
        shownAs: ({ shown }) => shown,
        ownId: async () => ownId,
        pages: () => pages(api),
      },
      templates,
      tools,
    ),
    check: async () => await checkBot(place, api),
  }
}

/** None if this Campfire cannot be asked. */
async function* pages(api: Pick<OnceApi, 'messages'>): AsyncGenerator<WritingsPage<RoomMessage>> {
  let before: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const asked = await api.messages(before)
    if (asked.type === 'no answer') return
    const { messages: writings, clock } = asked
    // They come in the order of their times.
    const [oldest] = writings
    if (oldest !== undefined && oldest.id === before) return
    yield { writings, hasOlder: oldest !== undefined, clock }
    before = oldest?.id
  }
}
