import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeMigratedDatabase } from '../store/database.ts'

/** The database file of one run, in memory where the system has such a folder. */
export interface Disk {
  readonly file: string
  /** Keeps what is on it now, at once. */
  keep(): void
  /** Brings back what was kept; nobody has the file open. */
  bringBack(): void
  remove(): void
}

const MEMORY = '/dev/shm'

export async function createDisk(): Promise<Disk> {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'relay simulation '))
  const file = join(folder, 'relay.db')
  await writeMigratedDatabase(file)
  const kept = (path: string): string => `${path}.kept`
  const parts = [file, `${file}-wal`]
  return {
    file,
    keep() {
      for (const path of parts) {
        rmSync(kept(path), { force: true })
        if (existsSync(path)) copyFileSync(path, kept(path))
      }
    },
    bringBack() {
      for (const path of [...parts, `${file}-shm`]) rmSync(path, { force: true })
      for (const path of parts) if (existsSync(kept(path))) copyFileSync(kept(path), path)
    },
    remove() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
