import type { Job, Receipt, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { SealError } from '../contract/seal-error.ts'

/** Attempts in doubt whose end nobody tells us of are given up some time. */
const REMEMBERED = 500

/**
 * The words of posts on their way. A target that knows a repeat only by its words must be sent the same ones again, and
 * be searched for those, whatever the story or the template is called by then.
 */
export interface SentWords {
  /** Sends what was sent for this job before, or else the words that are composed now, which are kept first. */
  send(job: Job, compose: () => string | Promise<string>, post: (words: string) => Promise<Receipt>): Promise<Receipt>
  /** Looks for the words that an attempt has sent; where they are not known any more, for those composed now. */
  confirm<T extends 'absent' | 'cannot tell'>(
    job: Job,
    compose: () => string | Promise<string>,
    look: (words: string) => Promise<Receipt | T>,
  ): Promise<Receipt | T>
}

/** @param target the connector's name; the words are kept where the integration's credentials are, or else in memory */
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
      log.warn({ job: job.key }, 'the words that were sent open with none of credentials.keys; they are composed anew')
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

  /** What is not forgotten now does no harm: nothing is sent for this job any more. */
  async function forget(job: Job): Promise<void> {
    remembered.delete(job.key)
    await credentials?.forget(nameOf(job)).catch((error: unknown) => {
      log.warn(
        { job: job.key, why: error instanceof Error ? error.message : String(error) },
        'sent words are left over',
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
      // Absent words are the ones to send again: a target may show a post later than it refuses its repeat.
      if (typeof found !== 'string') await forget(job)
      return found
    },
  }
}

/** Whether nothing of the job is at the target, or ever will be; a refusal says nothing about an attempt before. */
function isOver(error: unknown, { inDoubt }: Job): boolean {
  if (!(error instanceof DeliveryError)) return false
  return error.verdict === 'dead' || (error.verdict !== 'in doubt' && !inDoubt)
}

function unkept(cause: unknown): DeliveryError {
  return new DeliveryError('hold', 'the words to post could not be read from or kept in the database', { cause })
}
