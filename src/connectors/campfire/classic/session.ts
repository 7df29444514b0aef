import type { Session, Tools } from '../../contract/connector.ts'
import { createOwnWritings } from '../../kit/own-writings.ts'
import { sameWords } from '../../kit/same-words.ts'
import { earliestAtTarget } from '../../kit/target-clock.ts'
import { messageFor } from '../message.ts'
import type { Classic } from '../place.ts'
import { createClassicApi, RECENT } from './api.ts'
import { checkRoom } from './check.ts'

export function classicSession(place: Classic, tools: Tools): Session {
  const api = createClassicApi(place, tools)
  const own = createOwnWritings()
  let ownId: string | null = null

  return {
    async perform(job) {
      const id = await api.speak(messageFor(job).text)
      if (id !== null) own.remember(id, job.key)
      return { id }
    },
    async confirm(job, since) {
      const { text } = messageFor(job)
      ownId ??= (await api.me()).id
      const me = ownId
      const { messages, clock } = await api.recent()
      const found = own.look(
        { writings: messages, hasOlder: messages.length >= RECENT },
        {
          isIt: (each) => each.authorId === me && sameWords(each.text, text),
          notBefore: earliestAtTarget(since, clock, tools.now()),
          jobKey: job.key,
        },
      )
      return typeof found === 'string' ? found : { id: found.id, note: 'already in the room' }
    },
    check: async () => await checkRoom(place, api),
  }
}
