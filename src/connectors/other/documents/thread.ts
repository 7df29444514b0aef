import { Worker } from 'node:worker_threads'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { settingError } from '../../kit/setting-error.ts'
import type { Mapping } from '../source.ts'
import type { Query } from '../sql/query.ts'
import type { OfParts, ReadTicket } from '../ticket-parts.ts'
import type { TimeFormat } from '../times.ts'

export type Task = DocumentTask | QueryTask

/** The rows are read as they are asked for. */
interface QueryTask extends Query {
  readonly kind: 'sql'
}

type DocumentTask = {
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly encoding: string | null
  readonly times: TimeFormat
} & (
  | { readonly kind: 'external_stories' }
  | { readonly kind: 'feed'; readonly fields: OfParts }
  | { readonly kind: 'yaml'; readonly mapping: Mapping }
  | { readonly kind: 'json'; readonly mapping: Mapping; readonly url: string; readonly page: number }
)

export type Call = { readonly read: Task } | { readonly stories: number } | { readonly close: true }
export interface Page {
  /** The URL of the next page, if an expression found one. */
  readonly next: string | null
  /** True if there is nothing in the document that could have been a ticket. */
  readonly isEmpty: boolean
}

export type Reply =
  | Page
  | { readonly stories: readonly ReadTicket[] }
  | Refusal
  | { readonly failure: string }
  | { readonly closed: true }

/** A DeliveryError, which loses its class on the way. */
export type Refusal = Pick<DeliveryError, 'verdict' | 'message' | 'setting' | 'targetDown'>

export interface Reader {
  /**
   * Begins to read a document.
   * @throws {DeliveryError} if it is not as expected, or takes too long or too much memory
   */
  read(task: Task): Promise<Page>
  /** Up to `count` tickets of the document, fewer if they are long; none at its end. @throws {DeliveryError} */
  stories(count: number): Promise<readonly ReadTicket[]>
  close(): Promise<void>
}

const PAGE_SIZE = 500

/** All tickets of a document that was read, in pages. @throws {DeliveryError} */
export async function* storiesOf(reader: Reader): AsyncGenerator<readonly ReadTicket[]> {
  for (;;) {
    const stories = await reader.stories(PAGE_SIZE)
    if (stories.length === 0) return
    yield stories
  }
}

async function inGoodTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LONGEST_CLOSE_MS)
  })
  await Promise.race([
    work.then(
      () => {},
      () => {},
    ),
    late,
  ])
  clearTimeout(timer)
}

const LONGEST_CLOSE_MS = 5000
/** Tracker gives up after 60 s, and the document has to be fetched as well. */
const LONGEST_READ_MS = 20_000
const MOST_MEMORY_MIB = 512

/**
 * Reads in a thread, so that neither a document nor an expression can make the relay hang or run out of memory. Even a
 * regular expression that never ends is ended with its thread.
 */
export function openReader(
  setting: string,
  longestReadMs: number = LONGEST_READ_MS,
  mostMemoryMib: number = MOST_MEMORY_MIB,
): Reader {
  const worker = new Worker(new URL('./documents-thread.js', import.meta.url), {
    // Node's own loaders, such as a test runner's, would take longer to start than most documents to read.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: mostMemoryMib },
  })
  let waiting: { resolve(reply: Reply): void; reject(error: Error): void } | null = null
  let ended: Error | null = null
  let closesItself = false

  function end(error: Error): void {
    ended ??= error
    waiting?.reject(ended)
    waiting = null
  }

  worker.on('message', (reply: Reply) => {
    waiting?.resolve(reply)
    waiting = null
  })
  worker.on('error', (error: Error & { code?: string }) => {
    const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    const why = `it takes more than ${mostMemoryMib} MiB of memory: let there be less to read`
    end(isFull ? settingError(setting, `${setting} cannot be read: ${why}`, { cause: error }) : error)
  })
  worker.on('exit', () => end(new Error('the thread that reads documents exited')))

  async function call(what: Call): Promise<Reply> {
    if (ended !== null) throw ended
    let timer: NodeJS.Timeout | undefined
    try {
      const reply = await new Promise<Reply>((resolve, reject) => {
        waiting = { resolve, reject }
        timer = setTimeout(() => {
          const help = 'let there be less to read, and check the expressions'
          end(settingError(setting, `${setting} cannot be read in ${longestReadMs / 1000} s: ${help}`))
          void worker.terminate()
        }, longestReadMs)
        worker.postMessage(what)
      })
      if ('message' in reply) throw new DeliveryError(reply.verdict, reply.message, reply)
      if ('failure' in reply) throw new DeliveryError('dead', reply.failure)
      return reply
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async read(task) {
      closesItself = task.kind === 'sql'
      const reply = await call({ read: task })
      return 'next' in reply ? reply : { next: null, isEmpty: false }
    },
    async stories(count) {
      const reply = await call({ stories: count })
      return 'stories' in reply ? reply.stories : []
    },
    async close() {
      // A connection should be closed in good order; what does not answer is ended with its thread.
      if (closesItself && ended === null) await inGoodTime(call({ close: true }))
      await worker.terminate()
    },
  }
}
