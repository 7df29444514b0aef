import { eventually } from '../eventually.ts'
import type { JournalFile } from '../journal-file.ts'

/** Keeps relays from ending a commit that settles a delivery, as a busy database would. They can read meanwhile. */
export interface CommitLock {
  /** Resolves when no commit that settles anything can end any more. */
  hold(): Promise<void>
  /** Resolves when one has come and waits, as far as the database tells. */
  isWaitedFor(): Promise<void>
  release(): Promise<void>
  /** Resolves when nothing is left of a relay that has ended: a server goes on with what it was told last. */
  isGone(): Promise<void>
}

/**
 * @param own a connection that is used for nothing else
 * @param file another one
 */
export function commitLock(own: JournalFile, file: JournalFile, what: 'rows' | 'table'): CommitLock {
  return own.kind === 'sqlite' ? ofFile(own) : ofServer(own, file, what)
}

/** SQLite has one writer at a time. */
function ofFile(own: JournalFile): CommitLock {
  return {
    hold: async () => void (await own.all('begin immediate')),
    async isWaitedFor() {},
    release: async () => void (await own.all('rollback')),
    async isGone() {},
  }
}

/** The first commit of a process that waits keeps all its later ones waiting. */
const HOLD = {
  rows: "select id from deliveries where state = 'delivering' for update",
  table: 'lock table deliveries in share mode',
}
const RELAYS = "from pg_stat_activity where datname = current_database() and application_name = 'tracker-relay'"

function ofServer(own: JournalFile, file: JournalFile, what: keyof typeof HOLD): CommitLock {
  const are = async (condition: string): Promise<boolean> =>
    (await file.all(`select pid ${RELAYS} ${condition}`)).length > 0
  return {
    async hold() {
      await own.all('begin')
      await own.all(HOLD[what])
    },
    isWaitedFor: () => eventually(() => are("and wait_event_type = 'Lock'"), 'a commit waits'),
    release: async () => void (await own.all('rollback')),
    isGone: () => eventually(async () => !(await are('')), 'the server has noticed that the relay is gone'),
  }
}
