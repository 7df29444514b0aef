import { randomBytes } from 'node:crypto'
import type { Client, ClientConfig } from 'pg'
import {
  ANY_NEWS,
  type Heard,
  type Hearing,
  isNews,
  type News,
  NO_NEWS,
  readMessage,
  sumOfNews,
  writtenEcho,
  writtenMessage,
} from '../news.ts'
import type { Wire } from './wire.ts'

const CHANNEL = 'tracker_relay'
/** How others recognise a connection that listens. */
const LISTENING = 'tracker-relay listening'

/**
 * Nothing is sent while nobody else listens: a notification needs a transaction of its own, and one lock for the whole
 * server at its commit. No commit waits for the disk with that lock, since a notification need not survive a crash.
 */
const TELL = `select set_config('synchronous_commit', 'off', true), pg_notify('${CHANNEL}', $1) where exists (
  select 1 from pg_stat_activity where datname = current_database() and application_name = $2 and pid <> $3)`
const ECHO = `select set_config('synchronous_commit', 'off', true), pg_notify('${CHANNEL}', $1)`

export interface WireTimes {
  /** The shortest time between two that are told. */
  readonly gapMs: number
  /** Within this time what was told to oneself comes back, or it never does. */
  readonly echoMs: number
  /** So often it is tried whether that still holds: a connection may end without a word. */
  readonly tryMs: number
  /** The first and the longest pause before a lost connection is made anew. */
  readonly againMs: readonly [shortest: number, longest: number]
  /** The pause where nothing can be heard, in case that the way to the server changes. */
  readonly deafMs: number
}

export const WIRE_TIMES: WireTimes = {
  gapMs: 100,
  echoMs: 5000,
  tryMs: 15_000,
  againMs: [100, 10_000],
  deafMs: 300_000,
}

export interface WireParts {
  /** A connection that is not of the pool. */
  connect(config: Pick<ClientConfig, 'application_name' | 'keepAlive' | 'connectionTimeoutMillis'>): Client
  /** Carries out a statement on some other connection. */
  query(sql: string, values: readonly unknown[]): Promise<unknown>
  readonly times?: WireTimes
}

/** LISTEN and NOTIFY. One connection of each instance listens, from the first time that it asks what it has heard. */
export function createPostgresWire({ connect, query, times = WIRE_TIMES }: WireParts): Wire {
  const own = randomBytes(9).toString('base64url')
  const stopping = new AbortController()
  let untold = NO_NEWS
  let telling: Promise<void> = Promise.resolve()
  let timer: { readonly at: number; readonly handle: NodeJS.Timeout } | null = null
  let toldAt = Number.NEGATIVE_INFINITY
  let listening: Promise<void> | null = null
  /** The backend of the connection that listens. */
  let backend = 0
  let unread: Heard | null = null
  let reader: ((heard: Heard | null) => void) | null = null
  let hearing: Hearing = { state: 'lost', reason: 'it is not there yet' }
  let echoes = 0
  const awaited = new Map<number, () => void>()

  function tell(news: News, withinMs: number): void {
    untold = sumOfNews(untold, news)
    const at = Math.max(performance.now() + withinMs, toldAt + times.gapMs)
    if (timer !== null && timer.at <= at) return
    if (timer !== null) clearTimeout(timer.handle)
    timer = { at, handle: setTimeout(sendSoon, at - performance.now()) }
  }

  function sendSoon(): void {
    timer = null
    telling = telling.then(send)
  }

  /** Never rejects: what is not told is found by those who look. */
  async function send(): Promise<void> {
    const news = untold
    untold = NO_NEWS
    if (!isNews(news)) return
    await query(TELL, [writtenMessage(own, news), LISTENING, backend]).catch(() => {})
    toldAt = performance.now()
  }

  function hear(news: News): void {
    unread = { ...sumOfNews(unread ?? NO_NEWS, news), hearing }
    handOver()
  }

  function handOver(): void {
    if (reader === null || unread === null) return
    const read = reader
    const heard = unread
    reader = null
    unread = null
    read(heard)
  }

  /** Whatever it was before, something may have been missed. */
  function becomes(next: Hearing): void {
    const isSame = next.state === hearing.state
    hearing = next
    if (!isSame || next.state === 'on') hear(ANY_NEWS)
  }

  function receive(payload: string | undefined): void {
    const message = readMessage(payload ?? '')
    if (message === null) hear(ANY_NEWS)
    else if ('echo' in message) {
      if (message.from === own) awaited.get(message.echo)?.()
    } else if (message.from !== own) hear(message.news)
  }

  /** Whether what is told on another connection arrives on this one. @throws if it could not be told */
  async function hearsItself(ended: Promise<unknown>): Promise<boolean> {
    echoes += 1
    const echo = echoes
    const late = new AbortController()
    const back = new Promise<boolean>((resolve) => awaited.set(echo, () => resolve(true)))
    const gone = ended.then(() => false)
    try {
      await query(ECHO, [writtenEcho(own, echo)])
      return await Promise.race([back, gone, pause(times.echoMs, late.signal).then(() => false)])
    } finally {
      late.abort()
      awaited.delete(echo)
    }
  }

  /** Resolves when the connection is of no more use. @returns whether anything was heard */
  async function listenOnce(): Promise<boolean> {
    const client = connect({ application_name: LISTENING, keepAlive: true, connectionTimeoutMillis: 2 * times.echoMs })
    let why = 'the server has closed the connection'
    let end: () => void = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    client.on('error', (error) => {
      why = error.message
      end()
    })
    client.on('end', end)
    stopping.signal.addEventListener('abort', end)
    let heard = false
    try {
      client.on('notification', ({ payload }) => receive(payload))
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
      backend = (client as Client & { processID?: number }).processID ?? 0
      let isOver = false
      void ended.then(() => {
        isOver = true
      })
      while (!isOver && (await hearsItself(ended))) {
        if (!heard) becomes({ state: 'on' })
        heard = true
        await Promise.race([ended, pause(times.tryMs, stopping.signal)])
      }
      if (!isOver && heard) why = `nothing came back within ${times.echoMs / 1000} s`
      else if (!isOver) becomes({ state: 'deaf' })
    } catch (error) {
      why = error instanceof Error ? error.message : String(error)
    } finally {
      stopping.signal.removeEventListener('abort', end)
      backend = 0
      if (hearing.state !== 'deaf' || heard) becomes({ state: 'lost', reason: why })
      await ending(client)
    }
    return heard
  }

  async function ending(client: Client): Promise<void> {
    const late = new AbortController()
    const ended = client.end().catch(() => {})
    await Promise.race([ended, pause(1000, late.signal)])
    late.abort()
    // One that does not answer any more.
    ;(client as Client & { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy()
  }

  async function listen(): Promise<void> {
    const [shortest, longest] = times.againMs
    let againMs = shortest
    while (!stopping.signal.aborted) {
      const heard = await listenOnce()
      if (heard) againMs = shortest
      await pause(hearing.state === 'deaf' ? times.deafMs : againMs, stopping.signal)
      againMs = Math.min(longest, 2 * againMs)
    }
  }

  return {
    tell,
    heard() {
      if (stopping.signal.aborted) return Promise.resolve(null)
      listening ??= listen()
      return new Promise((resolve) => {
        reader = resolve
        handOver()
      })
    },
    async close() {
      stopping.abort()
      reader?.(null)
      reader = null
      if (timer !== null) {
        clearTimeout(timer.handle)
        sendSoon()
      }
      await telling
      await listening
    },
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    // What runs in the background keeps no process alive.
    timer.unref()

    function end(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
  })
}
