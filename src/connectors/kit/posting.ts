import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { createOwnWritings, type WritingsPage, type Written } from './own-writings.ts'
import { sameWords } from './same-words.ts'
import { createSentWords } from './sent-words.ts'
import { earliestAtTarget } from './target-clock.ts'

export interface OwnPost extends Written {
  readonly text: string
  /** 'ignored' if the target replaces links by its own. */
  readonly links: 'compared' | 'ignored'
  readonly url?: string
}

export interface OwnPosts extends WritingsPage<OwnPost> {
  /** The target's time. */
  readonly clock: Date | null
}

/** An account at a target that shows a post's words and nothing of the delivery it came from. */
export interface Account {
  /** By the settings and the story as they are now. */
  compose(job: Job): string | Promise<string>
  post(job: Job, words: string): Promise<Receipt>
  /** The latest posts; those before an attempt that began at `since` are not needed. */
  recent(since: Date): Promise<OwnPosts>
  /** Statuses for an account that may not read its posts, or not now: then `confirm` cannot tell. */
  readonly unreadable: readonly number[]
}

/** Posts each job in the words that were composed first, by which the post is found again. */
export function createPosting(
  target: string,
  tools: Pick<Tools, 'integration' | 'credentials' | 'log' | 'now'>,
  account: Account,
): Required<Pick<Session, 'perform' | 'confirm'>> {
  const own = createOwnWritings()
  const sent = createSentWords(target, tools)

  async function look(job: Job, words: string, since: Date): Promise<Receipt | 'absent' | 'cannot tell'> {
    try {
      const { clock, ...page } = await account.recent(since)
      const isIt = ({ text, links }: OwnPost): boolean => sameWords(text, words, links)
      const notBefore = earliestAtTarget(since, clock, tools.now())
      const found = own.look(page, { isIt, notBefore, jobKey: job.key })
      if (typeof found === 'string') return found
      return { id: found.id, ...(found.url === undefined ? {} : { url: found.url }), note: 'already there' }
    } catch (error) {
      if (error instanceof DeliveryError && account.unreadable.includes(error.status ?? 0)) return 'cannot tell'
      throw error
    }
  }

  return {
    async perform(job) {
      const receipt = await sent.send(
        job,
        () => account.compose(job),
        (words) => account.post(job, words),
      )
      if (receipt.id) own.remember(receipt.id, job.key)
      return receipt
    },
    async confirm(job, since) {
      return await sent.confirm(
        job,
        () => account.compose(job),
        (words) => look(job, words, since),
      )
    },
  }
}
