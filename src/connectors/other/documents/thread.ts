import { Worker } from 'node:worker_threads'
import type { ExternalStory } from '../../contract/connector.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { settingError } from '../../kit/setting-error.ts'
import type { Mapping } from '../source.ts'

interface Document {
  readonly bytes: Uint8Array
  readonly contentType: string
}

/** A document to be read, by the kind of source that it is of. */
export type Task =
  | (Document & { readonly kind: 'external_stories' })
  | (Document & { readonly kind: 'feed' })
  | (Document & { readonly kind: 'yaml'; readonly mapping: Mapping })
  | (Document & { readonly kind: 'json'; readonly mapping: Mapping; readonly url: string; readonly page: number })

export type Call = { readonly read: Task } | { readonly stories: number }
export type Reply =
  | { readonly next: string | null }
  | { readonly stories: readonly ExternalStory[] }
  | { readonly setting: string; readonly message: string }
  | { readonly failure: string }

/** Reads documents one after the other. */
export interface Reader {
  /**
   * Begins to read a document.
   * @returns the address of the next page, null when there is none
   * @throws {DeliveryError} when the document is not what it should be, takes too long or too much memory
   */
  read(task: Task): Promise<string | null>
  /** The next tickets of the document, not more than `count`; an empty list at its end. @throws {DeliveryError} */
  stories(count: number): Promise<readonly ExternalStory[]>
  close(): Promise<void>
}

/** Tracker gives up after 60 s, and the document has to be fetched as well. */
const LONGEST_READ_MS = 20_000
const MOST_MEMORY_MIB = 512

/**
 * Opens a thread that reads what others wrote, by expressions that a person wrote: neither can make the relay hang or
 * run out of memory. A regular expression that never ends, which no clock within the thread would stop, ends with it.
 */
export function openReader(
  setting: string,
  longestReadMs: number = LONGEST_READ_MS,
  mostMemoryMib: number = MOST_MEMORY_MIB,
): Reader {
  const worker = new Worker(new URL('./thread-main.js', import.meta.url), {
    // Loaders that node was started with, as those of a test runner, would take longer to start than most documents to read.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: mostMemoryMib },
  })
  let waiting: { resolve(reply: Reply): void; reject(error: Error): void } | null = null
  let ended: Error | null = null

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
  worker.on('exit', () => end(new Error('the thread that reads documents has ended')))

  async function call(what: Call): Promise<Reply> {
    if (ended !== null) throw ended
    let timer: NodeJS.Timeout | undefined
    try {
      const reply = await new Promise<Reply>((resolve, reject) => {
        waiting = { resolve, reject }
        timer = setTimeout(() => {
          end(
            settingError(
              setting,
              `${setting} cannot be read in ${longestReadMs / 1000} s: let there be less to read, and check the expressions`,
            ),
          )
          void worker.terminate()
        }, longestReadMs)
        worker.postMessage(what)
      })
      if ('message' in reply) throw settingError(reply.setting, reply.message)
      if ('failure' in reply) throw new DeliveryError('dead', reply.failure)
      return reply
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async read(task) {
      const reply = await call({ read: task })
      return 'next' in reply ? reply.next : null
    },
    async stories(count) {
      const reply = await call({ stories: count })
      return 'stories' in reply ? reply.stories : []
    },
    async close() {
      await worker.terminate()
    },
  }
}
