import type { Job, Receipt, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { SealError } from '../contract/seal-error.ts'

/** An attempt in doubt may never be resolved. */
const REMEMBERED = 500

/**
 * The words of posts in progress. A target that recognises a repeat only by its words must be sent the same ones again,
 * and be searched for them, even if the story or the template has changed since.
 */
export interface SentWords {
  /** Sends what was sent for this job before, or else words composed now, which are stored first. */
  send(job: Job, compose: () => string | Promise<string>, post: (words: string) => Promise<Receipt>): Promise<Receipt>
  /** Looks for the words that an attempt sent; if they are no longer known, for those composed now. */
  confirm<T extends 'absent' | 'cannot tell'>(
    job: Job,
    compose: () => string | Promise<string>,
    look: (words: string) => Promise<Receipt | T>,
  ): Promise<Receipt | T>
}

/** The words are stored with the integration's credentials, or in memory if there are none. @param target the connector */
export function createSentWords(
  target: string,
  { integration, credentials, log }: Pick<Tools, 'integration' | 'credentials' | 'log'>,
): SentWords {
  const remembered = new Map<string, string>()
  const nameOf = ({ key }: Job): string => `${target}/${integration}/words/${key}`

  function remember(job: Job, words: string): void {
    remembered.set(job.key, words)
    const [oldest] = remembered.keys()
    if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest)
  }

  async function known(job: Job): Promise<string | null> {
    const words = remembered.get(job.key)
    if (words !== undefined || credentials === undefined) return words ?? null
    try {
      return await credentials.load(nameOf(job))
    } catch (error) {
      if (!(error instanceof SealError)) throw unkept(error)
      log.warn(
        { job: job.key },
        'the words that were sent cannot be decrypted with any of credentials.keys; they are composed anew',
      )
      return null
    }
  }

  async function keep(job: Job, words: string): Promise<void> {
    if (remembered.get(job.key) === words) return
    await credentials?.save(nameOf(job), words).catch((error: unknown) => {
      throw unkept(error)
    })
    remember(job, words)
  }

  /** Failing does no harm: nothing more is sent for this job. */
  async function forget(job: Job): Promise<void> {
    remembered.delete(job.key)
    await credentials?.forget(nameOf(job)).catch((error: unknown) => {
      log.warn(
        { job: job.key, why: error instanceof Error ? error.message : String(error) },
        'stored words could not be deleted',
      )
    })
  }

  return {
    async send(job, compose, post) {
      const words = (await known(job)) ?? (await compose())
      await keep(job, words)
      try {
        const receipt = await post(words)
        await forget(job)
        return receipt
      } catch (error) {
        if (isOver(error, job)) await forget(job)
        throw error
      }
    },
    async confirm(job, compose, look) {
      const found = await look((await known(job)) ?? (await compose()))
      // Absent words are kept to be sent again: a target may refuse a repeat before it shows the post.
      if (typeof found !== 'string') await forget(job)
      return found
    },
  }
}

/** Whether nothing of the job is at the target, or ever will be; a refusal does not tell about an earlier attempt. */
function isOver(error: unknown, { inDoubt }: Job): boolean {
  if (!(error instanceof DeliveryError)) return false
  return error.verdict === 'dead' || (error.verdict !== 'in doubt' && !inDoubt)
}

function unkept(cause: unknown): DeliveryError {
  return new DeliveryError('hold', 'the words to post could not be read from or kept in the database', { cause })
}
