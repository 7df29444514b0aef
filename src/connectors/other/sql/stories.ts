import { openReader, storiesOf } from '../documents/reader.ts'
import { openFile } from '../files.ts'
import type { Source } from '../source.ts'
import type { ReadTicket } from '../ticket-parts.ts'
import { patienceMs } from './patience.ts'

/** If the integration does not say it. */
const USUAL_TIMEOUT_SECONDS = 30
/** To connect, and to load the driver on a slow machine. */
const MARGIN_MS = 30_000

/** Reads rows in a process of its own, so that neither a long text nor a driver can make the relay hang. @throws {DeliveryError} */
export async function* sqlStories(
  { sql, database: settings, times }: Extract<Source, { kind: 'sql' }>,
  timeoutMs: number | undefined,
): AsyncGenerator<readonly ReadTicket[]> {
  const usual = timeoutMs === undefined ? USUAL_TIMEOUT_SECONDS : Math.ceil(timeoutMs / 1000)
  const database = { ...settings, timeout_seconds: settings.timeout_seconds ?? usual }
  // SQLite would wait for the writer of a named pipe.
  if (database.file !== undefined) await isRegular(database.file)
  // The database's own limits come first; this is for a process that hangs.
  const reader = openReader('source.sql', MARGIN_MS + 3 * patienceMs(database.timeout_seconds))
  try {
    await reader.read({ kind: 'sql', sql, database, times })
    yield* storiesOf(reader)
  } finally {
    await reader.close()
  }
}

async function isRegular(file: string): Promise<void> {
  const opened = await openFile(file, 'source.database.file').catch((error: unknown) => {
    // SQLite says better what else is wrong with it.
    if (error instanceof Error && /not a regular file/.test(error.message)) throw error
  })
  await opened?.close()
}
