import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config/schema.ts'
import { stranded, strandedMessage } from '../gateway/stranded.ts'
import { openStore } from '../store/store.ts'
import { StoreError } from '../store/store-error.ts'
import { placeOf } from './environment.ts'
import { type Report, type Reported, times } from './report.ts'

/** Looks whether the database can be used, and what is in it that nobody carries out. Makes and changes nothing. */
export async function checkDatabase(config: Config, report: Report): Promise<void> {
  const tell: Tell = (level, message) => report.tell({ subject: 'database', setting: null, level, message })
  const { database } = config
  const place = placeOf(database)
  if (database.client === 'sqlite') {
    const problem = problemOfFile(database.file)
    if (problem !== null) return tell('error', problem)
    if (!existsSync(database.file)) return tell('ok', `${place} is not there yet; "tracker-relay start" makes it`)
    const mode = statSync(database.file).mode & 0o777
    if ((mode & 0o077) !== 0)
      tell('warning', `other users of this machine may use ${place} (mode ${mode.toString(8)}): chmod 600 '${place}'`)
  }
  try {
    await lookInto(config, tell)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    tell('error', error.message)
  }
}

type Tell = (level: Reported['level'], message: string) => void

/** @throws {StoreError} if it cannot be used */
async function lookInto(config: Config, tell: Tell): Promise<void> {
  const { database } = config
  const place = placeOf(database)
  const store = openStore(database)
  try {
    const findings = await store.findings()
    for (const { level, message } of findings) tell(level, message)
    if (findings.some(({ level }) => level === 'error')) return
    if (!(await store.isMade())) return tell('ok', `${place} has no tables yet; "tracker-relay start" makes them`)
    tell('ok', place)
    const pending = await store.pending()
    if (pending.length > 0)
      tell(
        'ok',
        `${times(pending.length, 'migration')} to be applied, which "tracker-relay start" does: stop every relay of the earlier version first`,
      )
    // An earlier version did not count; a start brings the database up to date.
    const counts = await store.counts().catch(() => [])
    for (const one of stranded(config, counts)) tell('warning', strandedMessage(one))
  } finally {
    await store.close()
  }
}

/** Why this user cannot keep a database there; null if nothing speaks against it. */
function problemOfFile(file: string): string | null {
  if (existsSync(file)) {
    if (!statSync(file).isFile()) return `${file} is not a file`
    return isAllowed(file) && isAllowed(dirname(file))
      ? null
      : `this user may not write ${file}, or not make files beside it, as SQLite needs to`
  }
  let folder = dirname(file)
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  if (!statSync(folder).isDirectory()) return `${file} cannot be made, since ${folder} is not a folder`
  return isAllowed(folder) ? null : `${file} cannot be made, since this user may not write in ${folder}`
}

function isAllowed(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}
