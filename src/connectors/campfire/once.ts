import type { Finding, Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { messageFor } from './message.ts'
import { createOnceApi } from './once-api.ts'
import type { Once } from './place.ts'
import { createMemory, notBefore } from './recent.ts'
import { Refusal } from './refusal.ts'

/** So many pages of forty messages are searched for one's own. */
const MOST_PAGES = 10

/** A room of a ONCE Campfire. */
export function onceSession(place: Once, tools: Tools): Session {
  const api = createOnceApi(place, tools)
  const memory = createMemory()
  const ownId = place.botKey.slice(0, place.botKey.indexOf('-'))

  async function confirm(job: Job, since: Date): Promise<Receipt | 'absent' | 'cannot tell'> {
    const { text } = messageFor(job)
    let before: string | undefined
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const asked = await api.messages(before)
      if (asked.type === 'no answer') return 'cannot tell'
      const { messages, answer } = asked
      const earliest = notBefore(since, answer, tools.now())
      const found = memory.find(messages, { authorId: ownId, text, notBefore: earliest, jobKey: job.key })
      if (found !== null) return { id: found.id, note: 'already in the room' }
      // They come in the order of their times.
      const [oldest] = messages
      if (oldest === undefined) return 'absent'
      if (messages.some(({ createdAt }) => createdAt === null) || oldest.id === before) return 'cannot tell'
      if ((oldest.createdAt ?? earliest) < earliest) return 'absent'
      before = oldest.id
    }
    return 'cannot tell'
  }

  async function checkAll(): Promise<Finding> {
    const asked = await api.messages()
    if (asked.type === 'page') return { level: 'ok', setting: null, message: `the bot is in room ${place.roomId}` }
    const ofRoom = asked.answer.headers['x-version']
    if (asked.answer.status === 404 && ofRoom !== undefined)
      return { level: 'error', setting: 'room_id', message: `the bot is not in room ${place.roomId}; add it there` }
    const version = ofRoom ?? (await api.version())
    if (version === null) return { level: 'error', setting: 'url', message: `no Campfire answers at ${place.base}` }
    const message = `Campfire ${version} can be tried only by writing; the first message will show whether bot_key and room are right`
    return { level: 'warning', setting: null, message }
  }

  return {
    async perform(job) {
      const receipt = await api.write(messageFor(job).html)
      if (receipt.id !== null) memory.remember(receipt.id, job.key)
      return receipt
    },
    confirm,
    async check() {
      try {
        return [await checkAll()]
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error
        return [{ level: 'error', setting: error instanceof Refusal ? error.setting : 'url', message: error.message }]
      }
    },
  }
}
