import type { Response } from '../../http/send.ts'

/** One message in a room, as much of it as is needed to find one's own again. */
export interface RoomMessage {
  readonly id: string
  /** Null: a notice of the room itself. */
  readonly authorId: string | null
  readonly text: string
  /** Milliseconds since 1970, by the target's clock, which counts in whole seconds; null when it cannot be read. */
  readonly createdAt: number | null
}

/** What may have been written by an attempt whose end is unknown. */
export interface Sought {
  readonly authorId: string
  readonly text: string
  /** By the target's clock. */
  readonly notBefore: number
  readonly jobKey: string
}

/** Both clocks show whole seconds, each cut off, and a little more for a clock that is being set. */
const CLOCK_SLACK_MS = 2_000
/** Where the answer does not tell the target's time, both clocks are taken to agree as well as NTP makes them. */
const UNKNOWN_CLOCK_SLACK_MS = 5_000

/**
 * The earliest time, by the target's clock, at which a message of an attempt that began at `since` can have been
 * written. The Date header of an answer that has just come shows how far the clocks are apart.
 */
export function notBefore(since: Date, answer: Response, now: Date): number {
  const there = Date.parse(answer.headers.date ?? '')
  return Number.isNaN(there)
    ? since.getTime() - UNKNOWN_CLOCK_SLACK_MS
    : since.getTime() + (there - now.getTime()) - CLOCK_SLACK_MS
}

/** The time in the forms in which Campfires have written it; a time without a zone is UTC. Null: none of them. */
export function timeOf(text: string): number | null {
  const parts =
    /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)? ?(?:Z|UTC|GMT|([+-]\d\d):?(\d\d))?$/.exec(text)
  if (parts === null) return null
  const [, year, month, day, time, fraction = '0', hours = '+00', minutes = '00'] = parts
  const at = Date.parse(`${year}-${month}-${day}T${time}.${fraction.padEnd(3, '0')}${hours}:${minutes}`)
  return Number.isNaN(at) ? null : at
}

/** Remembers which message came of which job, so that the same words said twice on purpose are told apart. */
export interface Memory {
  remember(messageId: string, jobKey: string): void
  /** The message that the attempt wrote, remembered from then on; null when it is not among these. */
  find(messages: readonly RoomMessage[], sought: Sought): RoomMessage | null
}

/** More than a room's page of recent messages holds. */
const REMEMBERED = 500

export function createMemory(): Memory {
  const jobs = new Map<string, string>()
  function remember(messageId: string, jobKey: string): void {
    jobs.set(messageId, jobKey)
    const [oldest] = jobs.keys()
    if (jobs.size > REMEMBERED && oldest !== undefined) jobs.delete(oldest)
  }
  return {
    remember,
    find(messages, sought) {
      const found = messages.find(
        ({ id, authorId, text, createdAt }) =>
          authorId === sought.authorId &&
          createdAt !== null &&
          createdAt >= sought.notBefore &&
          sameWords(text, sought.text) &&
          (jobs.get(id) ?? sought.jobKey) === sought.jobKey,
      )
      if (found === undefined) return null
      remember(found.id, sought.jobKey)
      return found
    },
  }
}

/** A room may store line ends and spaces in its own way. */
function sameWords(one: string, other: string): boolean {
  return one.replace(/\s+/g, ' ').trim() === other.replace(/\s+/g, ' ').trim()
}
