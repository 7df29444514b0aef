/** What one instance tells the others, after a commit. */
export interface News {
  /** Integrations for which something may be due now, or at another time than before. */
  readonly due: readonly string[] | 'all'
  /** A pause, a resume or a breaker has changed. */
  readonly states: boolean
  /** There may be a replay that nobody works on. */
  readonly replays: boolean
}

export const NO_NEWS: News = { due: [], states: false, replays: false }
export const ANY_NEWS: News = { due: 'all', states: true, replays: true }

/** What an instance has heard since it was last asked, and whether it hears. */
export interface Heard extends News {
  readonly hearing: Hearing
}

/**
 * 'on': what others tell arrives. 'lost': it may not, since the connection is being made anew. 'deaf': it does not arrive
 * on this way to the server.
 */
export type Hearing =
  | { readonly state: 'on' }
  | { readonly state: 'lost'; readonly reason: string }
  | { readonly state: 'deaf' }

export function sumOfNews(one: News, other: News): News {
  return {
    due: one.due === 'all' || other.due === 'all' ? 'all' : [...new Set([...one.due, ...other.due])],
    states: one.states || other.states,
    replays: one.replays || other.replays,
  }
}

export function isNews({ due, states, replays }: News): boolean {
  return due.length > 0 || states || replays
}

/** PostgreSQL takes fewer than 8,000 bytes (https://www.postgresql.org/docs/current/sql-notify.html). */
const LONGEST = 7900

export type Message = { readonly from: string; readonly news: News } | { readonly from: string; readonly echo: number }

export function writtenMessage(from: string, news: News): string {
  const whole = JSON.stringify({ from, news })
  return Buffer.byteLength(whole) <= LONGEST ? whole : JSON.stringify({ from, news: { ...news, due: 'all' } })
}

export function writtenEcho(from: string, echo: number): string {
  return JSON.stringify({ from, echo })
}

/** Null for what no relay has written, or one of another version: who cannot read it looks at everything. */
export function readMessage(payload: string): Message | null {
  try {
    const { from, news, echo } = JSON.parse(payload) as {
      from?: unknown
      news?: Record<string, unknown>
      echo?: unknown
    }
    if (typeof from !== 'string') return null
    if (typeof echo === 'number') return { from, echo }
    if (typeof news !== 'object' || news === null) return null
    const due = news.due === 'all' ? 'all' : texts(news.due)
    return due === null ? null : { from, news: { due, states: news.states === true, replays: news.replays === true } }
  } catch {
    return null
  }
}

function texts(value: unknown): string[] | null {
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : null
}
