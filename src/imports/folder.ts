import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ImportError } from './import-error.ts'

/** The folder of the lists of tickets, a file for each integration, readable by the relay's user alone. */
export interface Folder {
  whole(name: string): string
  growing(name: string): Promise<string>
  /** Removes the lists of all other integrations, and what crashes have left. */
  tidy(names: readonly string[], now: number): Promise<void>
}

/** Longer than any reading pauses: a partial file may belong to another relay on this machine. */
const LEFT_MS = 3_600_000
const OWN = /^(?<name>[a-z0-9][a-z0-9_-]{0,62})\.(?:(?<growing>[0-9a-f]{16})\.part|stories)$/

export function importFolder(path: string): Folder {
  const whole = (name: string): string => join(path, `${name}.stories`)
  return {
    whole,
    async growing(name) {
      await onDisk(() => mkdir(path, { recursive: true, mode: 0o700 }))
      return join(path, `${name}.${randomBytes(8).toString('hex')}.part`)
    },
    async tidy(names, now) {
      const files = await readdir(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return []
        throw error
      })
      for (const file of files) {
        const { name, growing } = OWN.exec(file)?.groups ?? {}
        if (name === undefined) continue
        const isLeft = growing === undefined ? !names.includes(name) : await isOlder(join(path, file), now - LEFT_MS)
        if (isLeft) await rm(join(path, file), { force: true })
      }
    },
  }
}

async function isOlder(file: string, time: number): Promise<boolean> {
  const found = await stat(file).catch(() => null)
  return found !== null && found.mtimeMs < time
}

/** @throws {ImportError} if the disk fails */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new ImportError('source', `the folder that imports.folder names cannot be written to (${why})`, null, error)
  }
}
