import type { Session, Tools } from '../../contract/connector.ts'
import { createOwnWritings } from '../../kit/own-writings.ts'
import { sameWords } from '../../kit/same-words.ts'
import { earliestAtTarget } from '../../kit/target-clock.ts'
import { messageFor } from '../message.ts'
import type { Once } from '../place.ts'
import { createOnceApi } from './api.ts'
import { checkBot } from './check.ts'

const MOST_PAGES = 10

export function onceSession(place: Once, tools: Tools): Session {
  const api = createOnceApi(place, tools)
  const own = createOwnWritings()
  const ownId = place.botKey.slice(0, place.botKey.indexOf('-'))

  return {
    async perform(job) {
      const receipt = await api.write(messageFor(job).html)
      if (receipt.id !== null) own.remember(receipt.id, job.key)
      return receipt
    },
    async confirm(job, since) {
      const { text } = messageFor(job)
      let before: string | undefined
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const asked = await api.messages(before)
        if (asked.type === 'no answer') return 'cannot tell'
        const { messages, clock } = asked
        const found = own.look(
          { writings: messages, hasOlder: messages.length > 0 },
          {
            isIt: (each) => each.authorId === ownId && sameWords(each.text, text),
            notBefore: earliestAtTarget(since, clock, tools.now()),
            jobKey: job.key,
          },
        )
        if (found === 'absent') return found
        if (found !== 'cannot tell') return { id: found.id, note: 'already in the room' }
        // They come in the order of their times.
        const [oldest] = messages
        if (messages.some(({ createdAt }) => createdAt === null) || oldest?.id === before) return found
        before = oldest?.id
      }
      return 'cannot tell'
    },
    check: async () => await checkBot(place, api),
  }
}
