import { existsSync, readFileSync } from 'node:fs'
import { POSTGRES_URL } from '../config/storage.ts'
import type { PostgresSettings } from '../store/dialect/postgres-connection.ts'
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
 * `tracker-relay migrate-store --to TARGET`: copies the SQLite store that the config names into an empty PostgreSQL database,
 * while no relay runs.
 */
export async function migrateStore(options: MigrateStoreOptions): Promise<void> {
  const { to, undo } = options
  if ((to === undefined) === (undo !== true))
    throw new UsageError('name the PostgreSQL database with --to, or come back to the SQLite file with --undo')
  const target = to === undefined ? null : await targetIn(to)
  const { database } = await readConfig(options)
  if (database.client !== 'sqlite')
    throw new UsageError(
      `the database of this config is ${placeOf(database)} already: migrate-store needs the config that names the SQLite file`,
    )
  if (!existsSync(database.file)) throw new CommandFailed(`there is no database at ${database.file}`)
  if (target === null) await undone(database.file, options)
  else await moved(database.file, target, options)
}

interface Named {
  readonly address: PostgresSettings
  /** The config that names it; null: a URL. */
  readonly config: string | null
}

async function moved(file: string, { address, config }: Named, { json }: MigrateStoreOptions): Promise<void> {
  const place = placeOf({ client: 'postgres', file: '', url: address.url ?? '' })
  const { migrateStore: copyStore } = await import('../store/migrate-store/migrate-store.ts')
  const progress = moveProgress()
  const request = { file, to: address, place, now: Date.now, told: progress.told }
  const { movedAt, tables } = await copyStore(request).finally(progress.clear)
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
  print(config === null ? WITH_URL.replace('PLACE', place) : `now start the relay with the config ${config}`)
  print(
    'no relay starts on the file any more: keep it as a backup, or come back to it with "tracker-relay migrate-store --undo"',
  )
}

const WITH_URL = `now change the config, on every machine that runs a relay with it, and start the relay:
  database:
    client: postgres
    url: \${DATABASE_URL} # PLACE, with user and password`

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

/** Never shows a URL that it was given, which may have a password in it. @throws {UsageError} */
async function targetIn(to: string): Promise<Named> {
  if (/\.ya?ml$/i.test(to) && !to.includes('://')) {
    const { database } = await readConfig({ config: to })
    if (database.client !== 'postgres')
      throw new UsageError(`--to: the database of ${to} is not PostgreSQL (database.client: postgres)`)
    return { address: database, config: to }
  }
  const url = to.startsWith('file:') ? contentOf(to.slice('file:'.length)) : to
  if (!new RegExp(POSTGRES_URL.pattern).test(url))
    throw new UsageError(
      `--to must be ${POSTGRES_URL.patternErrorMessage}; or "file:" and the path of a file that holds one; or a config, with an ending of .yaml, that names the database`,
    )
  return { address: { url }, config: null }
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
