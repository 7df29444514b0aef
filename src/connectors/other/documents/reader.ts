import { startProcess } from '../../../expressions/bounded-process.ts'
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

/** Reads in a process of its own, so that neither a document nor an expression can make the relay hang or run out of memory. */
export function openReader(
  setting: string,
  longestReadMs: number = LONGEST_READ_MS,
  mostMemoryMib: number = MOST_MEMORY_MIB,
): Reader {
  const child = startProcess<Call, Reply>(new URL('./documents-process.js', import.meta.url), {
    longestMs: longestReadMs,
    mostMemoryMib,
    late(longestMs) {
      const help = 'let there be less to read, and check the expressions'
      return settingError(setting, `${setting} cannot be read in ${longestMs / 1000} s: ${help}`)
    },
    full(mib, cause) {
      const why = `it takes more than ${mib} MiB of memory: let there be less to read`
      return settingError(setting, `${setting} cannot be read: ${why}`, { cause })
    },
  })
  let closesItself = false

  async function call(what: Call): Promise<Reply> {
    const reply = await child.call(what)
    if ('message' in reply) throw new DeliveryError(reply.verdict, reply.message, reply)
    if ('failure' in reply) throw new DeliveryError('dead', reply.failure)
    return reply
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
      // A connection should be closed in good order; what does not answer is ended with its child.
      if (closesItself && !child.hasEnded()) await inGoodTime(call({ close: true }))
      await child.terminate()
    },
  }
}
