import type { Session, Tools } from '../../contract/connector.ts'
import type { OwnWords } from '../../kit/template.ts'
import type { Classic } from '../place.ts'
import { speakingIn } from '../speaking.ts'
import { createClassicApi } from './api.ts'
import { checkRoom } from './check.ts'
import { roomPages } from './pages.ts'

export function classicSession(place: Classic, templates: OwnWords, tools: Tools): Session {
  const api = createClassicApi(place, tools)
  let ownId: string | null = null

  return {
    ...speakingIn(
      {
        say: async ({ text }) => ({ id: await api.speak(text) }),
        shownAs: ({ text }) => text,
        async ownId() {
          ownId ??= (await api.me()).id
          return ownId
        },
        pages: (from, after) => roomPages(api, from, after, tools.now()),
      },
      templates,
      tools,
    ),
    check: async () => await checkRoom(place, api),
  }
}
