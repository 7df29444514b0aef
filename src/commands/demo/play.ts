import { setTimeout as sleep } from 'node:timers/promises'
import type { ThreadedStore } from '../../store/thread.ts'
import { type LinkBook, linksAfter, movesLink, type Recorded } from './day.ts'

const LOOK_AGAIN_MS = 50
const LONGEST_ANSWER_MS = 20_000
const OPEN = new Set(['pending', 'delivering', 'waiting', 'held'])

/** The activities that the relay has taken, before the time was up. */
export interface Played {
  readonly taken: number
  readonly complete: boolean
}

/** What goes on between the activities; false ends the day: the time is up. */
export interface Interludes {
  /**
   * Waits until all that was said so far about tickets has reached them: the recorded day has minutes between a comment
   * and the moment when its story is given another ticket.
   */
  settle(): Promise<boolean>
  before(name: string): Promise<boolean>
  after(recorded: Recorded): Promise<boolean>
}

/**
 * Posts the day to the hook, one activity after the other as Tracker does.
 * @throws {Error} when the relay takes an activity in another way than it should
 */
export async function play(day: readonly Recorded[], hook: string, interludes: Interludes): Promise<Played> {
  let taken = 0
  let book: LinkBook = new Map()
  for (const recorded of day) {
    if (movesLink(book, recorded.activity) && !(await interludes.settle())) return { taken, complete: false }
    if (!(await interludes.before(recorded.name))) return { taken, complete: false }
    book = linksAfter(book, recorded.activity)
    await post(recorded, hook, 202)
    taken += 1
    if (!(await interludes.after(recorded))) return { taken, complete: false }
  }
  return { taken, complete: true }
}

export async function post({ name, body, contentType }: Recorded, hook: string, expected: 200 | 202): Promise<void> {
  await send(name, { body, headers: { 'content-type': contentType } }, hook, expected)
}

/**
 * Posts a request to the hook.
 * @param name of what is sent
 * @throws {Error} for another answer than the expected one: 202 for what is new, 200 for what is known or tells nothing
 */
export async function send(
  name: string,
  { body, headers }: { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> },
  hook: string,
  expected: 200 | 202,
): Promise<void> {
  const signal = AbortSignal.timeout(LONGEST_ANSWER_MS)
  const answer = await fetch(hook, {
    method: 'POST',
    headers: { ...headers },
    body: new Uint8Array(body),
    signal,
  })
  const text = await answer.text()
  if (answer.status !== expected) throw new Error(`${name} was answered ${answer.status}, not ${expected}: ${text}`)
}

/** Waits until nothing is open any more for these integrations; false when the time is up first. */
export function settled(store: ThreadedStore, integrations: ReadonlySet<string>, until: number): Promise<boolean> {
  return counted(store, until, (counts) =>
    counts.every(({ integration, state }) => !integrations.has(integration) || !OPEN.has(state)),
  )
}

/** Waits until the integration is held back; false when the time is up first. */
export function held(store: ThreadedStore, name: string, until: number): Promise<boolean> {
  return counted(store, until, (counts) =>
    counts.some(({ integration, state }) => integration === name && state === 'held'),
  )
}

type Counts = Awaited<ReturnType<ThreadedStore['counts']>>

async function counted(store: ThreadedStore, until: number, enough: (counts: Counts) => boolean): Promise<boolean> {
  for (;;) {
    const counts = await store.counts()
    if (enough(counts.filter(({ count }) => Number(count) > 0) as Counts)) return true
    if (Date.now() >= until) return false
    await sleep(LOOK_AGAIN_MS)
  }
}
