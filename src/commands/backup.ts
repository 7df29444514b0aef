import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { BackupContent } from '../store/backup-content.ts'
import { CommandFailed } from './command-failed.ts'
import { copyProgress } from './copy-progress.ts'
import { type ConfigOptions, placeOf, readConfig } from './environment.ts'
import { print } from './print.ts'
import { UsageError } from './usage-error.ts'

interface BackupOptions extends ConfigOptions {
  readonly json?: boolean
}

/** `tracker-relay backup FILE`: copies the SQLite database, also while a relay uses it. */
export async function backup(file: string, options: BackupOptions): Promise<void> {
  const { database } = await readConfig(options)
  if (database.client !== 'sqlite')
    throw new UsageError(
      `the database is ${placeOf(database)}: make a backup with PostgreSQL's own program, pg_dump --format=custom --file='${file}' 'ADDRESS'`,
    )
  if (!existsSync(database.file)) throw new CommandFailed(`there is no database at ${database.file}`)
  const copy = resolve(file)
  const now = Date.now()
  const { backUp } = await import('../store/backup.ts')
  const progress = copyProgress()
  const content = await backUp(database.file, copy, now, progress.told).finally(progress.clear)
  if (options.json === true)
    print(JSON.stringify({ file: copy, madeAt: new Date(now).toISOString(), ...jsonOf(content) }))
  else print(`${copy}: ${sizeOf(content.bytes)}, checked; it holds ${holding(content)}`)
}

/** What a backup holds, for people. */
export function holding({ activities, latestActivityAt, open }: BackupContent): string {
  const latest = latestActivityAt === null ? '' : `, the latest of ${new Date(latestActivityAt).toISOString()}`
  return `${counted(activities, 'activity', 'activities')}${latest}, and ${counted(totalOf(open), 'open delivery', 'open deliveries')}`
}

export function jsonOf({ bytes, activities, latestActivityAt, open }: BackupContent): object {
  const latest = latestActivityAt === null ? null : new Date(latestActivityAt).toISOString()
  return { bytes, activities, latestActivityAt: latest, openDeliveries: totalOf(open), open }
}

export function totalOf(numbers: Readonly<Record<string, number>>): number {
  return Object.values(numbers).reduce((sum, one) => sum + one, 0)
}

export function counted(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}

function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
