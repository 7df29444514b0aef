import { eventually } from './eventually.ts'
import type { JournalFile } from './journal-file.ts'
import type { RelayProcess } from './relay-process.ts'

/** A process that is stopped in the midst of a commit holds up everybody: that is SQLite's way, and not in question. */
export async function stopBetweenCommits(relay: RelayProcess, file: JournalFile): Promise<void> {
  await eventually(async () => {
    relay.signal('SIGSTOP')
    if (await isFree(file)) return true
    relay.signal('SIGCONT')
    return false
  }, 'it is stopped between two commits')
}

/** Sessions of other relays too: then it is tried again. */
const IN_TRANSACTION = `select pid from pg_stat_activity where datname = current_database()
  and application_name = 'tracker-relay' and state <> 'idle'`

async function isFree(file: JournalFile): Promise<boolean> {
  if (file.kind === 'postgres') return (await file.all(IN_TRANSACTION)).length === 0
  await file.all('pragma busy_timeout = 300')
  try {
    await file.all('begin immediate')
    await file.all('rollback')
    return true
  } catch {
    return false
  } finally {
    await file.all('pragma busy_timeout = 10000')
  }
}
