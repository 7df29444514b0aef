import { retryAfterMs } from '../../http/retry-after.ts'
import type { Response } from '../../http/send.ts'
import type { Limit, Tools } from '../contract/connector.ts'
import { limitIn } from '../kit/limit-headers.ts'

/** Every answer has the headers of the 15 minutes, only some those of the day (names as in twitter-api-v2). */
const WINDOWS = { '15min': 'x-rate-limit', user_24h: 'x-user-limit-24hour', app_24h: 'x-app-limit-24hour' } as const

/** If X tells no reset: its shortest window. */
const UNTOLD_MS = 15 * 60 * 1000
/** The longest window, which no header can exceed. */
const LONGEST_MS = 24 * 60 * 60 * 1000

export interface Limits {
  /** Also reports the limits as metrics. */
  read(answer: Response): void
  /** 0 if something can be sent now. */
  waitMs(): number
}

export function createLimits({ now, steady, limit }: Pick<Tools, 'now' | 'steady' | 'limit'>): Limits {
  let until = Number.NEGATIVE_INFINITY
  return {
    read(answer) {
      for (const [window, state] of windowsOf(answer)) limit?.(window, state)
      const wait = resetMs(answer, now())
      if (wait !== null) until = Math.max(until, steady() + wait)
    },
    waitMs: () => Math.max(0, until - steady()),
  }
}

/** The wait after a 429: until every window that is used up has been reset. */
export function tooManyMs(answer: Response, now: Date): number {
  const told = [resetMs(answer, now), retryAfterMs(answer.headers['retry-after'], now)].filter((each) => each !== null)
  // A reset in the past, by our clock, says nothing.
  return Math.max(...told, 0) || UNTOLD_MS
}

/** Null if no window in the answer is used up. */
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
