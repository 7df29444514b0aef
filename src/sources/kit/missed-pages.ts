import type { Missed, MissedPage, MissedTime } from '../contract/source.ts'
import { timeIn } from './time-in.ts'

/** When it happened, in milliseconds since 1970. */
export interface MissedEvent extends Missed {
  readonly at: number
}

const MOST_EVENTS = 100
/** Each may take several requests, and catching up can only be broken off between two pages. */
const MOST_THINGS = 20

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

/**
 * What happened to the things that were changed in a time. All that happened to a thing comes with it, so a position in the
 * list of changed things leaves out none: one that was made before the position and changed after it is still to come.
 * @param changed in the order of the changes
 * @param eventsOf what happened to a thing in the whole time
 */
export async function* missedPages<T extends { readonly at: number }>(
  changed: AsyncIterable<T>,
  eventsOf: (thing: T) => Promise<readonly MissedEvent[]>,
  until: Date,
): AsyncGenerator<MissedPage> {
  let events: MissedEvent[] = []
  let things = 0
  let reached: Date | null = null
  function* told(upTo: Date): Generator<MissedPage> {
    const missed = events.sort((one, other) => one.at - other.at).map(({ at: _, ...each }) => each)
    events = []
    things = 0
    // A thing to which very much happened.
    while (missed.length > 2 * MOST_EVENTS) yield { missed: missed.splice(0, MOST_EVENTS), upTo: reached }
    reached = upTo
    yield { missed, upTo }
  }
  for await (const thing of changed) {
    events.push(...(await eventsOf(thing)))
    things += 1
    // The last page alone has all of the time.
    if (events.length >= MOST_EVENTS || things >= MOST_THINGS)
      yield* told(new Date(Math.min(thing.at, until.getTime() - 1)))
  }
  yield* told(until)
}
