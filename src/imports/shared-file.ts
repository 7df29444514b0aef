import type { FileHandle } from 'node:fs/promises'
import type { FeedStory } from './feed-story.ts'

/** A file of stories that has many readers while it is written; closed when the owner and all readers are done. */
export interface SharedFile {
  /** Where the stories begin, in bytes. */
  begin(at: number): void
  /** The stories reach up to here now. */
  grow(end: number): void
  /** No more will come. Every reader gets the error if there is one. */
  end(error: unknown): void
  lend(): Lent
  /** The owner is done; readers that have borrowed the file may still read. */
  retire(): void
  lines(from: number, to: number): AsyncGenerator<readonly string[], void, undefined>
}

/** Keeps the file readable until it is given back. */
export interface Lent {
  /**
   * From the first story on, in batches; waits for the writer if necessary.
   * @throws the error that ended the writing
   */
  stories(): AsyncGenerator<readonly FeedStory[], void, undefined>
  giveBack(): void
}

const PIECE = 64 * 1024

export function shareFile(handle: FileHandle): SharedFile {
  let first = 0
  let written = 0
  let state: 'growing' | 'whole' | 'broken' = 'growing'
  let failure: unknown = null
  let holders = 1
  let retired = false
  let wake: () => void = () => {}
  let news = nextNews()

  function nextNews(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
    })
  }

  function tell(): void {
    wake()
    news = nextNews()
  }

  function letGo(): void {
    holders -= 1
    // The readers have what they read, so nothing is lost if closing fails.
    if (holders === 0) handle.close().catch(() => {})
  }

  /** How far one may read now, and what to wait for to read on; null at the end. */
  function extent(): { readonly end: number; readonly more: Promise<void> | null } {
    if (state === 'broken') throw failure
    return { end: written, more: state === 'growing' ? news : null }
  }

  async function* read(from: number, upTo: typeof extent): AsyncGenerator<readonly string[], void, undefined> {
    const piece = Buffer.allocUnsafe(PIECE)
    let at = from
    let rest: Buffer = Buffer.alloc(0)
    for (;;) {
      const { end, more } = upTo()
      if (at === end) {
        if (more === null) return
        await more
        continue
      }
      const { bytesRead } = await handle.read(piece, 0, Math.min(PIECE, end - at), at)
      if (bytesRead === 0) throw new Error('a file in imports.folder has become shorter')
      at += bytesRead
      const bytes = Buffer.concat([rest, piece.subarray(0, bytesRead)])
      const last = bytes.lastIndexOf(10)
      rest = bytes.subarray(last + 1)
      if (last !== -1) yield bytes.toString('utf8', 0, last).split('\n')
    }
  }

  return {
    lines: (from, to) => read(from, () => ({ end: to, more: null })),
    begin(at) {
      first = at
      written = at
    },
    grow(end) {
      written = end
      tell()
    },
    end(error) {
      state = error === null ? 'whole' : 'broken'
      failure = error
      tell()
    },
    retire() {
      if (!retired) letGo()
      retired = true
    },
    lend() {
      holders += 1
      let given = false
      return {
        async *stories() {
          for await (const texts of read(first, extent)) yield texts.map((text) => JSON.parse(text) as FeedStory)
        },
        giveBack() {
          if (!given) letGo()
          given = true
        },
      }
    },
  }
}
