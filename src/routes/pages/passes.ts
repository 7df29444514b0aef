import { createHmac, timingSafeEqual } from 'node:crypto'
import type { AdminToken } from '../administrators.ts'
import { secretDigest } from '../secret.ts'

export const SESSION_COOKIE = 'relay_session'

/** `session`: a browser that has signed in. `sign-in`: a link that signs a browser in. */
type Purpose = 'session' | 'sign-in'

/**
 * A text that proves, until a time, that whoever made it knew the token. Nobody has to remember it: each instance that has
 * the token takes it, also after a restart, and none any more once the token is another one.
 * @param until milliseconds since 1970
 */
export function passOf(purpose: Purpose, { name, token }: AdminToken, until: number): string {
  const said = `${Buffer.from(name).toString('base64url')}.${until}`
  return `${said}.${sign(purpose, token, said)}`
}

/** The token that the pass was made with; null if it is no pass, or too old, or the token is not in force any more. */
export function tokenOfPass(
  purpose: Purpose,
  pass: string,
  tokens: readonly AdminToken[],
  now: number,
): AdminToken | null {
  const [, said = '', until = '', signed = ''] = /^([\w-]+\.(\d{1,15}))\.([\w-]{43})$/.exec(pass) ?? []
  if (said === '' || Number(until) <= now) return null
  const own = tokens.filter(({ token }) =>
    timingSafeEqual(secretDigest(sign(purpose, token, said)), secretDigest(signed)),
  )
  const name = Buffer.from(said.split('.')[0] ?? '', 'base64url').toString()
  return own.find((token) => token.name === name) ?? null
}

/** The token with which the browser that sent these cookies has signed in; null if it has not. */
export function sessionIn(cookies: string | undefined, tokens: readonly AdminToken[], now: number): AdminToken | null {
  const pass = new RegExp(`(?:^|;\\s*)${SESSION_COOKIE}=([^;]*)`).exec(cookies ?? '')?.[1]
  return pass === undefined ? null : tokenOfPass('session', pass, tokens, now)
}

function sign(purpose: Purpose, token: string, said: string): string {
  return createHmac('sha256', token).update(`${purpose}\n${said}`).digest('base64url')
}
