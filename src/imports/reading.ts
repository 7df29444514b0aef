import { createHash } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { FeedStory } from './feed-story.ts'
import { onDisk } from './folder.ts'
import { ImportError } from './import-error.ts'
import { type Lent, type SharedFile, shareFile } from './shared-file.ts'

/**
 * One reading of a source, on the disk. Any number of readers read it while it grows, each at its own pace, and again
 * once it is complete. Memory holds a piece of it for each reader, and the ids.
 *
 * The file has a line with its settings' fingerprint, a line for each story, lines of ids, and a line that completes it.
 */
export interface Reading {
  lend(): Lent
}

export interface WholeReading extends Reading, Whole {
  /** How many tickets came again and were left out; 0 if the reading was reopened. */
  readonly repeats: number
  /** In the order of the stories; only while it is lent. */
  ids(): AsyncGenerator<readonly string[], void, undefined>
  retire(): void
}

export interface Whole {
  readonly stories: number
  /** Changes with any character of any story. */
  readonly digest: string
  /** Milliseconds since 1970. */
  readonly completedAt: number
}

export interface GrowingReading extends Reading {
  /** Leaves out ids that came before: a source whose list changes while it is read shows some tickets twice. */
  add(stories: readonly FeedStory[]): Promise<void>
  complete(completedAt: number): Promise<WholeReading>
  /** Gives the error to every reader and deletes the file. */
  fail(error: unknown): Promise<void>
}

interface Head {
  readonly relay_import: 1
  readonly fingerprint: string
}

interface Foot extends Whole {
  readonly idsBegin: number
  readonly idsEnd: number
}

const WRITTEN_AT_ONCE = 256 * 1024
const IDS_IN_A_LINE = 500
/** Longer than a first or last line can be. */
const LINE = 1024
/** An endless list would fill the disk. */
const MOST_STORIES = 1_000_000
/** Usually the database is on the same disk and needs room. */
const MOST_BYTES = 2 * 1024 * 1024 * 1024

/** @throws {ImportError} if the file cannot be written, as all verbs of the reading do */
export async function beginReading(path: string, temporary: string, fingerprint: string): Promise<GrowingReading> {
  const handle = await onDisk(() => open(temporary, 'wx+', 0o600))
  const file = shareFile(handle)
  const ids = new Set<string>()
  const hash = createHash('sha256')
  let size = 0
  let repeats = 0

  const append = (text: string): Promise<void> =>
    onDisk(async () => {
      const bytes = Buffer.from(text)
      let written = 0
      while (written < bytes.length)
        written += (await handle.write(bytes, written, bytes.length - written, size + written)).bytesWritten
      size += bytes.length
    })

  async function grow(lines: string): Promise<void> {
    if (size + lines.length > MOST_BYTES)
      throw new ImportError('source', 'the tickets take more than 2 GiB, or the list does not end')
    hash.update(lines)
    await append(lines)
    file.grow(size)
  }

  async function fail(error: unknown): Promise<void> {
    // If this fails, `tidy` removes the file later.
    await rm(temporary, { force: true }).catch(() => {})
    file.end(error)
    file.retire()
  }

  try {
    const head: Head = { relay_import: 1, fingerprint }
    await append(`${JSON.stringify(head)}\n`)
    file.begin(size)
  } catch (error) {
    await fail(error)
    throw error
  }

  return {
    lend: file.lend,
    fail,
    async add(stories) {
      let lines = ''
      for (const story of stories) {
        if (ids.has(story.external_id)) {
          repeats += 1
          continue
        }
        // A copy: a slice would keep the whole page in memory.
        ids.add(Buffer.from(story.external_id).toString())
        if (ids.size > MOST_STORIES)
          throw new ImportError('source', `there are more than ${MOST_STORIES} tickets, or the list does not end`)
        lines += `${JSON.stringify(story)}\n`
        if (lines.length < WRITTEN_AT_ONCE) continue
        await grow(lines)
        lines = ''
      }
      if (lines !== '') await grow(lines)
    },
    async complete(completedAt) {
      const idsBegin = size
      let line: string[] = []
      for (const id of ids) {
        if (line.push(id) < IDS_IN_A_LINE) continue
        await append(`${JSON.stringify(line)}\n`)
        line = []
      }
      if (line.length > 0) await append(`${JSON.stringify(line)}\n`)
      const foot: Foot = { stories: ids.size, digest: hash.digest('hex'), completedAt, idsBegin, idsEnd: size }
      await append(`${JSON.stringify(foot)}\n`)
      await onDisk(async () => {
        // A power cut must not leave an incomplete file under the name of a complete one.
        await handle.datasync()
        await rename(temporary, path)
      })
      file.end(null)
      return { ...whole(file, foot), repeats }
    },
  }
}

/** Opens a complete reading; null if there is none, it has other settings, or it is incomplete. */
export async function reopenReading(path: string, fingerprint: string): Promise<WholeReading | null> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (handle === null) return null
  try {
    const { size } = await handle.stat()
    const first = await textAt(handle, 0, LINE)
    const last = await textAt(handle, Math.max(0, size - LINE), LINE)
    const end = first.indexOf('\n')
    const head = object(first.slice(0, end)) as Partial<Head>
    const foot = last.endsWith('\n') ? (object(last.slice(last.lastIndexOf('\n', last.length - 2) + 1)) as Foot) : null
    if (head.relay_import === 1 && head.fingerprint === fingerprint && typeof foot?.idsEnd === 'number') {
      const file = shareFile(handle)
      file.begin(Buffer.byteLength(first.slice(0, end + 1)))
      file.grow(foot.idsBegin)
      file.end(null)
      return whole(file, foot)
    }
  } catch (error) {
    await handle.close()
    throw error
  }
  await handle.close()
  return null
}

function whole(file: SharedFile, { stories, digest, completedAt, idsBegin, idsEnd }: Foot): WholeReading {
  return {
    repeats: 0,
    stories,
    digest,
    completedAt,
    lend: file.lend,
    retire: file.retire,
    async *ids() {
      for await (const lines of file.lines(idsBegin, idsEnd))
        for (const line of lines) yield JSON.parse(line) as readonly string[]
    },
  }
}

async function textAt(handle: FileHandle, position: number, length: number): Promise<string> {
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await handle.read(bytes, 0, length, position)
  return bytes.toString('utf8', 0, bytesRead)
}

function object(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
