import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { SealError } from '../contract/seal-error.ts'
import { findWriting, type WritingsPage, type Written } from './own-writings.ts'
import { sameWords } from './same-words.ts'
import { earliestAtTarget, HOUR_MS } from './target-clock.ts'

export interface OwnPost extends Written {
  readonly text: string
  /** 'ignored' if the target replaces links by its own. */
  readonly links: 'compared' | 'ignored'
  readonly url?: string
}

/** An account at a target that shows a post's words and nothing of the delivery it came from. */
export interface Account {
  /** By the settings and the story as they are now. */
  compose(job: Job): string | Promise<string>
  post(job: Job, words: string): Promise<Receipt>
  /** The account's posts, page by page, the latest first. @param from older ones are not needed; by the target's clock */
  posts(from: Date): AsyncIterable<WritingsPage<OwnPost>>
  /** Statuses for an account that may not read its posts, or not now: then `confirm` cannot tell. */
  readonly unreadable: readonly number[]
}

/** By so much a target's clock may be behind ours before its earlier posts are not asked for. */
const MARGIN_MS = 10 * 60 * 1000

/**
 * Posts each job in the words that were composed first. They are committed before the post, because it is found again by
 * nothing else, even if the story, the settings or the relay's own wording have changed since.
 */
export function createPosting(
  target: string,
  tools: Pick<Tools, 'integration' | 'credentials' | 'log' | 'now'>,
  account: Account,
): Required<Pick<Session, 'perform' | 'confirm'>> {
  async function wordsOf(job: Job): Promise<string> {
    return job.kept ?? (job.inDoubt ? await wordsOfBefore(target, job, tools) : null) ?? (await account.compose(job))
  }

  return {
    async perform(job) {
      const words = await wordsOf(job)
      if (words !== job.kept) await job.keep(words)
      return await account.post(job, words)
    },
    async confirm(job, since) {
      const words = await wordsOf(job)
      const times = { since, targetTime: job.targetTime, occurredAt: job.occurredAt }
      try {
        const found = await findWriting(
          account.posts(earliestAtTarget(times, null, tools.now(), HOUR_MS + MARGIN_MS)),
          {
            isIt: ({ text, links }) => sameWords(text, words, links),
            notBefore: (clock) => earliestAtTarget(times, clock, tools.now(), HOUR_MS),
            receipted: job.receipted,
          },
        )
        if (typeof found === 'string') return found
        return { id: found.id, ...(found.url === undefined ? {} : { url: found.url }), note: 'already there' }
      } catch (error) {
        if (error instanceof DeliveryError && account.unreadable.includes(error.status ?? 0)) return 'cannot tell'
        throw error
      }
    },
  }
}

/** Version 0.1.0 kept the words with the credentials, if there were keys for them. */
async function wordsOfBefore(
  target: string,
  { key }: Job,
  { integration, credentials, log }: Pick<Tools, 'integration' | 'credentials' | 'log'>,
): Promise<string | null> {
  try {
    return (await credentials?.load(`${target}/${integration}/words/${key}`)) ?? null
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    log.warn({ job: key }, 'the words that were sent cannot be decrypted with any of credentials.keys')
    return null
  }
}
