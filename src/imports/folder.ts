import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ImportError } from './import-error.ts'

/** The folder that the lists of tickets are kept in, a file for each integration. Tickets are nobody else's business. */
export interface Folder {
  /** The file of a list that is whole. */
  whole(name: string): string
  /** A file of its own for a list that is being read. */
  growing(name: string): Promise<string>
  /** Removes the lists of all others, and on the first call what a crash has left. */
  tidy(names: readonly string[]): Promise<void>
}

const OWN = /^(?<name>[a-z0-9][a-z0-9_-]{0,62})\.(?:(?<growing>[0-9a-f]{16})\.part|stories)$/

export function importFolder(path: string): Folder {
  let tidied = false
  const whole = (name: string): string => join(path, `${name}.stories`)
  return {
    whole,
    async growing(name) {
      await onDisk(() => mkdir(path, { recursive: true, mode: 0o700 }))
      return join(path, `${name}.${randomBytes(8).toString('hex')}.part`)
    },
    async tidy(names) {
      const files = await readdir(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return []
        throw error
      })
      for (const file of files) {
        const { name, growing } = OWN.exec(file)?.groups ?? {}
        if (name === undefined || (growing === undefined ? names.includes(name) : tidied)) continue
        await rm(join(path, file), { force: true })
      }
      tidied = true
    },
  }
}

/** @throws {ImportError} when the disk does not let it be done */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new ImportError('source', `the folder that imports.folder names cannot be written to (${why})`, null, error)
  }
}
