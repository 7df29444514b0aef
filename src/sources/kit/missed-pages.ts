import type { Missed, MissedPage, MissedTime } from '../contract/source.ts'
import { timeIn } from './time-in.ts'

/** When it happened, in milliseconds since 1970. */
export interface MissedEvent extends Missed {
  readonly at: number
}

const A_PAGE = 100

/** In the form of the tool's hook; nothing for what happened outside the time, such as the making of an old issue. */
export function missedAt(
  when: unknown,
  body: object,
  { since, until }: Pick<MissedTime, 'since' | 'until'>,
  more: Pick<Missed, 'unlessKnown'> = {},
): MissedEvent[] {
  const at = timeIn(when)
  if (at === null || at < since.getTime() || at > until.getTime()) return []
  return [{ at, body: Buffer.from(JSON.stringify(body)), ...more }]
}

/** The oldest first. @param upTo all events before then are there */
export function* missedPages(events: readonly MissedEvent[], upTo: number): Generator<MissedPage> {
  const sorted = [...events].sort((one, other) => one.at - other.at)
  for (let from = 0; from < sorted.length; from += A_PAGE) {
    const missed = sorted.slice(from, from + A_PAGE)
    const last = missed.at(-1)?.at ?? upTo
    yield { missed: missed.map(({ at: _, ...each }) => each), upTo: new Date(Math.min(last, upTo)) }
  }
  yield { missed: [], upTo: new Date(upTo) }
}
