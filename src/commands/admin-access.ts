import type { Config } from '../config/schema.ts'
import { configuredTokens, MADE_TOKEN, type MadeToken, madeToken } from '../gateway/admin-tokens.ts'
import type { Logger } from '../observability/logger.ts'
import { signInLink } from '../routes/pages/sign-in-link.ts'

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

/**
 * What the terminal on which the relay was started is told, and no log: an address that signs a browser in.
 * @returns null if no token may operate
 */
export function signInOnTerminal(config: Config, address: string, made: MadeToken | null): string | null {
  const token = configuredTokens(config).find(({ role }) => role === 'operate')
  if (token !== undefined) return signInLink(address, token, Date.now())
  return made === null ? null : signInLink(address, { ...MADE_TOKEN, token: made.token }, Date.now())
}

/** The token itself is told to nobody: somebody who may read the log need not be an operator. */
export function tellOfAdmin(log: Logger, address: string, made: MadeToken | null): void {
  const api = `${address}/api/v1`
  if (made === null) log.info({ api }, 'admin API')
  else
    log.info({ api, token_file: made.file }, 'admin API; the config names no token, so the one in this file is valid')
}
