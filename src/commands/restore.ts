import { resolve } from 'node:path'
import { visible } from '../observability/visible.ts'
import { counted, holding, jsonOf, totalOf } from './backup.ts'
import { copyProgress } from './copy-progress.ts'
import { type ConfigOptions, placeOf, readConfig } from './environment.ts'
import { print } from './print.ts'
import { UsageError } from './usage-error.ts'

interface RestoreOptions extends ConfigOptions {
  readonly replace?: boolean
  readonly json?: boolean
}

/** `tracker-relay restore FILE`: puts a copy of a backup in the place of the SQLite database, while no relay runs. */
export async function restoreBackup(file: string, options: RestoreOptions): Promise<void> {
  const { database } = await readConfig(options)
  if (database.client !== 'sqlite')
    throw new UsageError(
      `the database is ${placeOf(database)}: restore it with PostgreSQL's own program, pg_restore, and then mark what was open as in doubt, as docs/operations.md shows under "Backup and restore"`,
    )
  const { restore } = await import('../store/restore.ts')
  const suffix = `.before-restore-${new Date().toISOString().replaceAll(/[:.]|-/g, '')}`
  const progress = copyProgress()
  const restored = await restore({
    backup: resolve(file),
    file: database.file,
    asideSuffix: options.replace === true ? suffix : null,
    told: progress.told,
  }).finally(progress.clear)
  const { aside, open } = restored
  const inDoubt = totalOf(open)
  if (options.json === true) {
    print(JSON.stringify({ file: database.file, aside, inDoubt, ...jsonOf(restored) }))
    return
  }
  if (aside !== null) print(`the database that was there is ${aside} now`)
  print(`${database.file} is restored from ${resolve(file)}; it holds ${holding(restored)}`)
  if (inDoubt > 0)
    print(visible(`${counted(inDoubt, 'delivery is', 'deliveries are')} in doubt (${listed(open)}): ${DOUBT}`))
}

const DOUBT =
  'the relay may have carried them out after the backup was made, so it asks each target before it sends anything; a target that cannot be asked, such as a web hook, gets them again with the same keys'

function listed(open: Readonly<Record<string, number>>): string {
  return Object.entries(open)
    .map(([integration, count]) => `${integration}: ${count}`)
    .join(', ')
}
