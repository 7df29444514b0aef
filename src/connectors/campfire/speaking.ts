import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { findWriting, type WritingsPage } from '../kit/own-writings.ts'
import { sameWords } from '../kit/same-words.ts'
import { earliestAtTarget, HOUR_MS } from '../kit/target-clock.ts'
import type { OwnWords } from '../kit/template.ts'
import { type Message, messageFor } from './message.ts'
import type { RoomMessage } from './room-message.ts'

/** What is committed before a message is said: its words, and the latest message of the room that was known by then. */
interface Kept extends Message {
  readonly after: string | null
}

export interface RoomAccess {
  say(message: Message): Promise<Receipt>
  /** The words by which the room shows it. */
  shownAs(message: Message): string
  ownId(): Promise<string>
  /** The room's messages, page by page, the latest first, at least back to `from` or to the message `after`. */
  pages(from: Date, after: string | null): AsyncIterable<WritingsPage<RoomMessage>>
}

/** Says each job in the words that were composed first, and looks for those words in the room. */
export function speakingIn(
  room: RoomAccess,
  templates: OwnWords,
  { now }: Pick<Tools, 'now'>,
): Required<Pick<Session, 'perform' | 'confirm'>> {
  let latest: string | null = null

  function wordsOf(job: Job): Kept {
    return job.kept === null ? { ...messageFor(job, templates), after: latest } : (JSON.parse(job.kept) as Kept)
  }

  return {
    async perform(job) {
      const words = wordsOf(job)
      if (job.kept === null) await job.keep(JSON.stringify(words))
      const receipt = await room.say(words)
      if (receipt.id) latest = receipt.id
      return receipt
    },
    async confirm(job, since) {
      const words = wordsOf(job)
      const shown = room.shownAs(words)
      const me = await room.ownId()
      const times = { since, targetTime: job.targetTime, occurredAt: job.occurredAt }
      const notBefore = (clock: Date | null): Date => earliestAtTarget(times, clock, now(), HOUR_MS)
      const found = await findWriting(room.pages(notBefore(null), words.after), {
        isIt: (each) => each.authorId === me && sameWords(each.text, shown),
        notBefore,
        receipted: job.receipted,
      })
      return typeof found === 'string' ? found : { id: found.id, note: 'already in the room' }
    },
  }
}
