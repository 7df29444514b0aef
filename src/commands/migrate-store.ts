import { existsSync, readFileSync } from 'node:fs'
import { isReadable } from '../store/dialect/postgres-connection.ts'
import type { MoveStep } from '../store/migrate-store/migrate-store.ts'
import { counted } from './backup.ts'
import { CommandFailed } from './command-failed.ts'
import { type ConfigOptions, placeOf, readConfig } from './environment.ts'
import { complain, print } from './print.ts'
import { createProgress } from './terminal/progress.ts'
import { UsageError } from './usage-error.ts'

interface MigrateStoreOptions extends ConfigOptions {
  readonly to?: string
  readonly undo?: boolean
  readonly json?: boolean
}

/**
 * `tracker-relay migrate-store --to URL`: copies the SQLite store that the config names into an empty PostgreSQL database,
 * while no relay runs.
 */
export async function migrateStore(options: MigrateStoreOptions): Promise<void> {
  const { to, undo } = options
  if ((to === undefined) === (undo !== true))
    throw new UsageError('name the PostgreSQL database with --to, or come back to the SQLite file with --undo')
  const url = to === undefined ? null : urlIn(to)
  const { database } = await readConfig(options)
  if (database.client !== 'sqlite')
    throw new UsageError(
      `the database of this config is ${placeOf(database)} already: migrate-store needs the config that names the SQLite file`,
    )
  if (!existsSync(database.file)) throw new CommandFailed(`there is no database at ${database.file}`)
  if (url === null) await undone(database.file, options)
  else await moved(database.file, url, options)
}

async function moved(file: string, url: string, { json }: MigrateStoreOptions): Promise<void> {
  const place = placeOf({ client: 'postgres', file: '', url })
  const { migrateStore: copyStore } = await import('../store/migrate-store/migrate-store.ts')
  const progress = moveProgress()
  const { movedAt, tables } = await copyStore({ file, to: { url }, place, now: Date.now, told: progress.told }).finally(
    progress.clear,
  )
  const at = new Date(movedAt).toISOString()
  if (json === true) {
    print(JSON.stringify({ file, to: place, movedAt: at, already: tables === null, tables: tables ?? [] }))
    return
  }
  if (tables === null) print(`${file} was moved to ${place} at ${at} already`)
  else {
    const rows = tables.reduce((sum, each) => sum + each.rows, 0)
    print(`${file} is copied to ${place} and compared: ${counted(rows, 'row', 'rows')} in ${tables.length} tables`)
  }
  print(NEXT.replace('PLACE', place))
}

const NEXT = `now change the config, on every machine that runs a relay on it, and start the relay:
  database:
    client: postgres
    url: \${DATABASE_URL} # PLACE, with user and password
no relay starts on the file any more; keep it as a backup, or come back to it with "tracker-relay migrate-store --undo"`

async function undone(file: string, { json }: MigrateStoreOptions): Promise<void> {
  const { undoMove } = await import('../store/migrate-store/undo-move.ts')
  const { move, inDoubt } = await undoMove(file)
  if (json === true) {
    print(JSON.stringify({ file, to: move.place, inDoubt }))
    return
  }
  print(`a relay can start on ${file} again; let none start on ${move.place} any more: drop that database`)
  if (move.endedAt === null) return
  print('what came there since is not in the file')
  if (inDoubt > 0)
    print(
      `${counted(inDoubt, 'delivery is', 'deliveries are')} in doubt: a relay may have carried them out from there, so each target is asked before anything is sent; one that cannot be asked, such as a web hook, may get them again with the same keys`,
    )
}

/** Never shows what it was given, which has a password in it. @throws {UsageError} */
function urlIn(to: string): string {
  const url = to.startsWith('file:') ? contentOf(to.slice('file:'.length)) : to
  if (!isReadable(url))
    throw new UsageError(
      '--to must be a URL such as postgres://user:password@host:5432/database, or file: and the path of a file that holds one; in a password "/" is written %2F, "#" %23, "?" %3F, "@" %40 and "%" %25',
    )
  return url
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw new UsageError(`--to: ${path} cannot be read: ${(error as Error).message}`)
  }
}

/** A bar on a terminal, and everywhere a line for each table. */
function moveProgress(): { told(step: MoveStep): void; clear(): void } {
  const bar = (unit: string) => createProgress({ stream: process.stderr, now: () => performance.now(), unit })
  const bars = { copying: bar('rows copied'), checking: bar('rows compared') }
  const clear = (): void => {
    bars.copying.clear()
    bars.checking.clear()
  }
  return {
    told(step) {
      if (step.doing !== 'copied') return bars[step.doing].show(step.rows, step.total)
      clear()
      complain(`${step.table}: ${counted(step.rows, 'row', 'rows')} copied`)
    },
    clear,
  }
}
