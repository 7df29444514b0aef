import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import type { Limit, Tools } from '../contract/connector.ts'
import { limitIn } from '../kit/limit-headers.ts'

/** X tells of the 15 minutes in every answer and of the day only in some (names as in twitter-api-v2). */
const WINDOWS = {
  '15min': 'x-rate-limit',
  user_24h: 'x-user-limit-24hour',
  app_24h: 'x-app-limit-24hour',
} as const

/** How long is waited when X tells no reset: its own shortest window. */
const UNTOLD_MS = 15 * 60 * 1000
/** No header can make us wait longer: none of the windows is. */
const LONGEST_MS = 24 * 60 * 60 * 1000

export interface Limits {
  /** Takes note of what an answer tells, and shows it as metrics. */
  read(answer: Response): void
  /** For how long nothing can be sent, in milliseconds; 0: now. */
  waitMs(): number
}

export function createLimits({ now, limit }: Pick<Tools, 'now' | 'limit'>): Limits {
  let until = 0
  return {
    read(answer) {
      for (const [window, state] of windowsOf(answer)) limit?.(window, state)
      const wait = resetMs(answer, now())
      if (wait !== null) until = Math.max(until, now().getTime() + wait)
    },
    waitMs: () => Math.max(0, until - now().getTime()),
  }
}

/** How long a 429 asks to wait: until each window that is used up has begun anew. */
export function tooManyMs(answer: Response, now: Date): number {
  const told = [resetMs(answer, now), retryAfterMs(answer.headers['retry-after'], now)].filter((each) => each !== null)
  // A reset that our clock has passed is no wait.
  return Math.max(...told, 0) || UNTOLD_MS
}

/** Until the windows with nothing left have begun anew; null: something is left in each that is told. */
function resetMs(answer: Response, now: Date): number | null {
  const waits = windowsOf(answer)
    .filter(([, { remaining }]) => remaining === 0)
    .map(([, { resetAt }]) => (resetAt === null ? UNTOLD_MS : resetAt.getTime() - now.getTime()))
  return waits.length === 0 ? null : Math.min(LONGEST_MS, Math.max(0, ...waits))
}

function windowsOf(answer: Response): [string, Limit][] {
  return Object.entries(WINDOWS).flatMap(([window, prefix]) => {
    const limit = limitIn(answer, prefix)
    return limit === null ? [] : [[window, limit]]
  })
}
