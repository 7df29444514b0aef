import type { Config } from '../config/schema.ts'
import { configuredTokens, type MadeToken, madeToken } from '../gateway/admin-tokens.ts'
import type { Logger } from '../observability/logger.ts'

/**
 * A token of the admin API for a config that names none, in a file of its own.
 * @returns null if it is not needed, or cannot be kept: then nobody is let in
 */
export function makeAdminToken(config: Config, log: Logger): MadeToken | null {
  if (configuredTokens(config).length > 0) return null
  try {
    return madeToken(config)
  } catch (error) {
    log.warn(
      { problem: (error as Error).message },
      'no token of the admin API could be made; set admin.tokens to use it',
    )
    return null
  }
}

/** The token itself is told to nobody: somebody who may read the log need not be an operator. */
export function tellOfAdmin(log: Logger, address: string, made: MadeToken | null): void {
  const api = `${address}/api/v1`
  if (made === null) log.info({ api }, 'admin API')
  else
    log.info({ api, token_file: made.file }, 'admin API; the config names no token, so the one in this file is valid')
}
