import type { Accepted } from './smtp.ts'

/** Greylisting ends after minutes; a mailbox that is full for longer must not keep what comes after it from the others. */
const LONGEST_MS = 60 * 60_000
const MOST = 1000

/** A mail that has reached some of its recipients. */
export interface Begun {
  /** When one was first refused for now. */
  readonly since: number
  /** Those whom the mail still goes to. */
  readonly waiting: readonly string[]
  /** Those whom the server will never take. */
  readonly refused: readonly string[]
}

/** The mails that some recipients have, while the server refused others for now (4xx, as with greylisting). */
export interface Deferred {
  /** Null: the mail goes to all. */
  begun(key: string): Begun | null
  /** @returns true if the mail is to be tried again for those who were refused for now */
  wait(key: string, answer: Accepted, now: number): boolean
}

/** In memory: after a restart the mail goes to all once more, with the same Message-ID. */
export function createDeferred(): Deferred {
  const mails = new Map<string, Begun>()
  return {
    begun: (key) => mails.get(key) ?? null,
    wait(key, { rejected, deferred }, now) {
      const { since = now, refused = [] } = mails.get(key) ?? {}
      mails.delete(key)
      if (deferred.length === 0 || now - since >= LONGEST_MS) return false
      const never = rejected.filter((each) => !deferred.includes(each))
      mails.set(key, { since, waiting: deferred, refused: [...refused, ...never] })
      const [oldest] = mails.keys()
      if (mails.size > MOST && oldest !== undefined) mails.delete(oldest)
      return true
    },
  }
}
