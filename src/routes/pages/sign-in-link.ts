import type { AdminToken } from '../administrators.ts'
import { passOf } from './passes.ts'

const LINK_MS = 10 * 60_000

/** The address that signs a browser in without typing a token, for ten minutes. */
export function signInLink(relay: string, token: AdminToken, now: number): string {
  return `${relay.replace(/\/$/, '')}/sign-in?pass=${passOf('sign-in', token, now + LINK_MS)}`
}
