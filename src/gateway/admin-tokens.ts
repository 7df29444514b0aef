import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { readRegularFile } from '../config/regular-file.ts'
import type { Config } from '../config/schema.ts'
import type { AdminToken } from '../routes/administrators.ts'

/** Where the relay keeps what it makes itself. */
export function dataFolder({ database }: Pick<Config, 'database'>): string {
  return dirname(resolve(database.file))
}

/** The tokens that the config names. */
export function configuredTokens({ server, admin }: Pick<Config, 'server' | 'admin'>): readonly AdminToken[] {
  const own = server.admin_token
  return [
    ...admin.tokens,
    ...(own === undefined ? [] : [{ name: 'server.admin_token', role: 'operate', token: own } as const]),
  ]
}

/** Whoever uses the token that the relay made. */
export const MADE_TOKEN = { name: 'admin-token', role: 'operate' } as const

/** A token that the relay made, in a file that only its own user can read. */
export interface MadeToken {
  readonly file: string
  readonly token: string
  /** It was there already. */
  readonly isKept: boolean
}

/** @throws if the file cannot be read or written */
export function madeToken(config: Pick<Config, 'database'>): MadeToken {
  const file = join(dataFolder(config), 'admin-token')
  const kept = read(file)
  if (kept !== null) return { file, token: kept, isKept: true }
  const token = randomBytes(24).toString('base64url')
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    // Another relay made it at the same time, or it is empty.
    const theirs = read(file)
    if (theirs !== null) return { file, token: theirs, isKept: true }
    writeFileSync(file, `${token}\n`, { mode: 0o600 })
  }
  return { file, token, isKept: false }
}

/** Null if there is none, or a file that is too short for a token. */
function read(file: string): string | null {
  try {
    const token = readRegularFile(file).toString().trim()
    return token.length < 16 ? null : token
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
