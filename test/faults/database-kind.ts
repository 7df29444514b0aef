import { randomBytes } from 'node:crypto'
import { openCluster, run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import type { Gateway } from './gateway.ts'
import { type JournalFile, openJournalFile, openJournalServer } from './journal-file.ts'

type Test = { teardown(work: () => Promise<void>): void }

/** Where the relays of a test keep everything. */
export interface DatabaseKind {
  readonly name: 'SQLite' | 'PostgreSQL'
  /** @returns the address of a new database; null: a file in the gateway's folder */
  fresh(): Promise<string | null>
}

export const sqlite: DatabaseKind = { name: 'SQLite', fresh: async () => null }

/** A server for all tests of a file. */
export async function postgres(t: Test): Promise<DatabaseKind> {
  const cluster = await openCluster()
  t.teardown(() => cluster.close())
  return {
    name: 'PostgreSQL',
    async fresh() {
      const name = `faults_${randomBytes(6).toString('hex')}`
      await run(cluster.url, `create database ${name}`)
      const url = new URL(cluster.url)
      url.pathname = `/${name}`
      return url.href
    },
  }
}

/**
 * Both, or SQLite alone where there is no server; where all is checked that can be checked, that is a failure.
 * `FAULT_DATABASE`, the name of one, leaves out the other.
 */
export async function bothKinds(t: Test): Promise<readonly DatabaseKind[]> {
  const asked = process.env.FAULT_DATABASE
  if (asked === 'PostgreSQL') return [await postgres(t)]
  if (asked === 'SQLite') return [sqlite]
  return process.env.CI === undefined && withoutPostgres !== null ? [sqlite] : [sqlite, await postgres(t)]
}

/** Looks into the gateway's database until the test ends. */
export async function openJournal(
  t: Test,
  { database, databaseUrl }: Pick<Gateway, 'database' | 'databaseUrl'>,
): Promise<JournalFile> {
  const file = databaseUrl === null ? await openJournalFile(database) : await openJournalServer(databaseUrl)
  t.teardown(() => file.close())
  return file
}
