import type { WritingsPage } from '../../kit/own-writings.ts'
import type { RoomMessage } from '../room-message.ts'
import { type ClassicApi, RECENT } from './api.ts'

/** A busy room has some thousands of messages a day; this bounds a server that ignores `since_message_id`. */
const MOST_PAGES = 100
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * A room's messages back to a time: the recent ones, then those since a message from before that time, then the
 * transcripts of the days in between. Campfire has no other way to page back.
 * @param after the latest message that was known before the time; null if none was
 * @param now counts if Campfire does not tell its time
 */
export async function* roomPages(
  api: Pick<ClassicApi, 'recent' | 'transcript'>,
  from: Date,
  after: string | null,
  now: Date,
): AsyncGenerator<WritingsPage<RoomMessage>> {
  const recent = await api.recent()
  const hasOlder = recent.messages.length >= RECENT
  yield { writings: recent.messages, hasOlder, clock: recent.clock }
  if (!hasOlder) return
  if (after !== null) {
    const since: RoomMessage[] = []
    let last = after
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { messages, clock } = await api.recent(last)
      since.push(...messages)
      // Not full: these are all. Full: the next ones follow, unless the server shows the latest and not the first.
      if (messages.length < RECENT) {
        yield { writings: since, hasOlder: false, clock }
        return
      }
      const newest = messages.at(-1)?.id ?? last
      if (newest === last || newest === recent.messages.at(-1)?.id) break
      last = newest
    }
  }
  yield* transcripts(api, from, recent.clock ?? now)
}

/** A day begins and ends by the account's time zone, so one more is read on each side. */
async function* transcripts(
  api: Pick<ClassicApi, 'transcript'>,
  from: Date,
  now: Date,
): AsyncGenerator<WritingsPage<RoomMessage>> {
  const first = from.getTime() - DAY_MS
  for (let day = now.getTime() + DAY_MS; day > first - DAY_MS; day -= DAY_MS) {
    const page = await api.transcript(new Date(day))
    // A locked room keeps no transcript, and some servers have none at all.
    if (page === null) return
    yield { writings: page.messages, hasOlder: day > first, clock: page.clock }
  }
}
