import { createHash } from 'node:crypto'
import type { Accounts, Tools } from '../../contract/connector.ts'
import { baseOf, type Settings } from '../settings.ts'
import { historyIn, joined, LOCK_MS, type LoginHistory, NOTHING_REFUSED, withLatest } from './login-history.ts'
import { accountLocked, LoginRefused, type LoginTrouble } from './login-refused.ts'
import { createPlaces } from './places.ts'

/** The fifth wrong login in half an hour locks the account (MAX_LOGIN_ATTEMPTS); two are left for people. */
const MOST_WRONG_LOGINS = 3
const QUIET_AFTER_REFUSAL_MS = 10 * 60 * 1000
/** Bugzilla starts a program for each. */
const AT_ONCE = 2

export type LoginGate = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Keeps the relay from locking its own account: all integrations that log in to the same Bugzilla with the same name go
 * through one gate, whose wrong logins are noted in the store for restarts and the command line. API keys do not count
 * as logins.
 */
export function loginGate(settings: Settings, tools: Pick<Tools, 'now' | 'log' | 'accounts'>): LoginGate {
  const { username, password } = settings
  if (username === undefined || password === undefined) {
    const places = createPlaces(() => AT_ONCE)
    return (work) => places('', work)
  }
  const account = `${new URL(baseOf(settings)).href}\n${username.trim().toLowerCase()}`
  const name = `bugzilla/${createHash('sha256').update(account).digest('hex')}`
  const make = (): AccountGate => createAccountGate({ ...tools, name })
  const gate = tools.accounts === undefined ? make() : tools.accounts.shared(name, make)
  return (work) => gate(password, work)
}

type AccountGate = <T>(password: string, work: () => Promise<T>) => Promise<T>

interface GateParts extends Pick<Tools, 'now' | 'log'> {
  readonly name: string
  readonly accounts?: Accounts
}

function createAccountGate({ now, log, name, accounts }: GateParts): AccountGate {
  const time = (): number => now().getTime()
  let history = NOTHING_REFUSED
  /** The password that Bugzilla took last. */
  let accepted: string | null = null
  let refused: { readonly password: string; readonly error: LoginRefused; readonly at: number } | null = null
  // One that was not taken yet is tried alone.
  const places = createPlaces((password) => (password === accepted ? AT_ONCE : 1))

  const noted = async (): Promise<LoginHistory> => historyIn((await accounts?.load(name)) ?? null)

  /** @throws {LoginRefused} if Bugzilla is not to be asked now */
  async function admit(password: string): Promise<void> {
    // With an accepted password nothing is noted, and the store is not asked.
    if (password !== accepted || history !== NOTHING_REFUSED) history = joined(history, await noted(), time())
    if (refused?.password === password && time() - refused.at < QUIET_AFTER_REFUSAL_MS) {
      const { message, status } = refused.error
      const at = utc(refused.at + QUIET_AFTER_REFUSAL_MS)
      throw new LoginRefused(`${message} (the relay tries again at ${at} at the earliest)`, { status })
    }
    if (history.lockedAt !== null) throw accountLocked(history.lockedAt + LOCK_MS - time())
    const first = history.wrongAt.at(-MOST_WRONG_LOGINS)
    if (first === undefined) return
    throw new LoginRefused(
      `Bugzilla refused ${history.wrongAt.length} logins of the account within half an hour and locks it at five; the relay tries again at ${utc(first + LOCK_MS)}`,
      { verdict: 'hold', retryAfterMs: first + LOCK_MS - time() },
    )
  }

  async function failed(password: string, error: LoginRefused, trouble: LoginTrouble): Promise<void> {
    if (accepted === password) accepted = null
    if (trouble === 'wrong login') refused = { password, error, at: time() }
    history = withLatest(history, trouble, time())
    try {
      history = joined(history, await noted(), time())
      await accounts?.save(name, JSON.stringify(history))
    } catch (reason) {
      log.warn({ err: reason }, 'a refused login could not be noted, so that other processes do not know of it')
    }
  }

  async function succeeded(password: string): Promise<void> {
    accepted = password
    refused = null
    if (history === NOTHING_REFUSED) return
    history = NOTHING_REFUSED
    await accounts?.forget(name).catch((reason: unknown) => {
      log.warn(
        { err: reason },
        'a refused login could not be forgotten, and holds other processes for up to half an hour',
      )
    })
  }

  return (password, work) =>
    places(password, async () => {
      await admit(password)
      const result = await work().catch(async (error: unknown) => {
        if (error instanceof LoginRefused && error.trouble !== null) await failed(password, error, error.trouble)
        throw error
      })
      await succeeded(password)
      return result
    })
}

function utc(time: number): string {
  return `${new Date(time).toISOString().slice(11, 16)} UTC`
}
