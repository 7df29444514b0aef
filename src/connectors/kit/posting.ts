import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { createOwnWritings, type WritingsPage, type Written } from './own-writings.ts'
import { sameWords } from './same-words.ts'
import { createSentWords } from './sent-words.ts'
import { earliestAtTarget } from './target-clock.ts'

/** A post of our own account, as the target shows it. */
export interface OwnPost extends Written {
  readonly text: string
  /** Whether its links are those that were sent; not if the target shows its own instead. */
  readonly links: 'compared' | 'ignored'
  readonly url?: string
}

export interface OwnPosts extends WritingsPage<OwnPost> {
  /** The target's clock when it answered; null when it did not tell. */
  readonly clock: Date | null
}

/** An account that posts, at a target that shows a post's words and nothing of the delivery it came from. */
export interface Account {
  /** The words of a job by the settings and the story of today. */
  compose(job: Job): string | Promise<string>
  /** The one write. */
  post(job: Job, words: string): Promise<Receipt>
  /** The account's latest posts; those before an attempt that began at `since` are not needed. */
  recent(since: Date): Promise<OwnPosts>
  /** Statuses that say that the account may not read its posts, or not now: nothing follows for what was written. */
  readonly unreadable: readonly number[]
}

/** Posts each job in the words that were composed first, and finds the post again by them. */
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
