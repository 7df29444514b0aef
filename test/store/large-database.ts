import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { openJournalFile } from '../faults/journal-file.ts'
import { writeMigratedDatabase } from './database.ts'

const PAGE_BYTES = 4096
/** Together more than the store examines at once. */
const REJECTED = 70
const BODY_BYTES = 1_000_000

/** A database that takes long to examine, as a relay has it that has refused requests with large bodies. */
export async function writeLargeDatabase(file: string): Promise<void> {
  await writeMigratedDatabase(file)
  const journal = await openJournalFile(file)
  await journal.all('pragma journal_mode = delete')
  await journal.all('pragma synchronous = off')
  await journal.all(
    `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ?)
     insert into rejected (project_id, received_at, reason, detail, head, body, body_bytes)
     select '26', ?, 'syntax', '', '', zeroblob(?), ? from numbers`,
    ...[REJECTED, Date.now(), BODY_BYTES, BODY_BYTES],
  )
  await journal.all('pragma journal_mode = wal')
  await journal.close()
}

/** Which pages of the file a table or an index has, in the order in which SQLite walks them. */
async function pagesOf(file: string, name: string): Promise<number[]> {
  const journal = await openJournalFile(file)
  try {
    const rows = await journal.all<{ pageno: number }>('select pageno from dbstat where name = ?', name)
    return rows.map(({ pageno }) => pageno)
  } finally {
    await journal.close()
  }
}

/** Turns the bits of the beginning of a page, as a disk may. @returns what puts them back */
function damagePage(file: string, page: number): () => void {
  const at = (page - 1) * PAGE_BYTES
  const bytes = Buffer.alloc(8)
  const write = (each: Buffer): void => {
    const descriptor = openSync(file, 'r+')
    writeSync(descriptor, each, 0, each.length, at)
    closeSync(descriptor)
  }
  const descriptor = openSync(file, 'r')
  readSync(descriptor, bytes, 0, bytes.length, at)
  closeSync(descriptor)
  write(bytes.map((byte) => byte ^ 0xff) as Buffer)
  return () => write(bytes)
}

/** Where only somebody who reads everything looks. @returns what mends it */
export async function damageDeeply(file: string): Promise<() => void> {
  const pages = await pagesOf(file, 'rejected')
  return damagePage(file, pages[Math.floor(pages.length / 2)] ?? 0)
}

/** All of the table and its indexes. @returns what mends it */
export async function damageTable(file: string, table: string): Promise<() => void> {
  const [root = 0] = await pagesOf(file, table)
  return damagePage(file, root)
}
