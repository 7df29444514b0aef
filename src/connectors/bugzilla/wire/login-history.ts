import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { LoginTrouble } from './login-refused.ts'

/** Bugzilla counts wrong logins for so long, and then locks the account for so long (LOGIN_LOCKOUT_INTERVAL). */
export const LOCK_MS = 30 * 60 * 1000

/** What Bugzilla has refused to an account lately. Times are milliseconds since 1970. */
export interface LoginHistory {
  readonly wrongAt: readonly number[]
  readonly lockedAt: number | null
}

export const NOTHING_REFUSED: LoginHistory = { wrongAt: [], lockedAt: null }

/** Of both, what still counts. A clock that was set back does not keep an account out for longer. */
export function joined(one: LoginHistory, other: LoginHistory, at: number): LoginHistory {
  const counts = (time: number | null): time is number => time !== null && Math.abs(at - time) < LOCK_MS
  const wrongAt = [...new Set([...one.wrongAt, ...other.wrongAt])].filter(counts).sort((a, b) => a - b)
  const locks = [one.lockedAt, other.lockedAt].filter(counts)
  if (wrongAt.length === 0 && locks.length === 0) return NOTHING_REFUSED
  return { wrongAt, lockedAt: locks.length === 0 ? null : Math.max(...locks) }
}

/** Two at the same time count as two. */
export function withLatest(history: LoginHistory, trouble: LoginTrouble, at: number): LoginHistory {
  if (trouble === 'locked') return { ...history, lockedAt: at }
  const free = Math.max(at, (history.wrongAt.at(-1) ?? 0) + 1)
  return { ...history, wrongAt: [...history.wrongAt, free] }
}

const Note = Type.Object({ wrongAt: Type.Array(Type.Number()), lockedAt: Type.Union([Type.Number(), Type.Null()]) })

/** Nothing for a note that another version wrote in another form. */
export function historyIn(note: string | null): LoginHistory {
  try {
    const found: unknown = JSON.parse(note ?? 'null')
    return Value.Check(Note, found) ? found : NOTHING_REFUSED
  } catch {
    return NOTHING_REFUSED
  }
}
