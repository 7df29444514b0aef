import { DeliveryError } from '../../contract/delivery-error.ts'

/** Bugzilla locks an account after five wrong logins in half an hour (MAX_LOGIN_ATTEMPTS, LOGIN_LOCKOUT_INTERVAL). */
const QUIET_AFTER_REFUSAL_MS = 10 * 60 * 1000
/** With one try every ten minutes after a refusal, two at once stay below five in half an hour. */
const AT_ONCE = 2

export class LoginRefused extends DeliveryError {
  /** True if Bugzilla counts it as a wrong login, of which too many lock the account. */
  readonly counts: boolean

  constructor(message: string, details: { counts?: boolean; status?: number | null } = {}) {
    super('pause', message, { status: details.status ?? null })
    this.counts = details.counts ?? false
  }
}

export type LoginGate = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Keeps parallel deliveries and replays from locking the account: two logins at once, and for ten minutes after a refusal
 * that counts all others are refused without asking Bugzilla.
 */
export function createLoginGate(now: () => Date): LoginGate {
  const waiting: (() => void)[] = []
  let inside = 0
  let refusal: { readonly error: LoginRefused; readonly at: number } | null = null

  const isQuiet = (): boolean => refusal !== null && now().getTime() - refusal.at < QUIET_AFTER_REFUSAL_MS

  function refuseIfQuiet(): void {
    if (refusal === null || !isQuiet()) return
    const { message, status } = refusal.error
    const at = new Date(refusal.at + QUIET_AFTER_REFUSAL_MS).toISOString().slice(11, 16)
    throw new LoginRefused(`${message} (the relay tries again at ${at} UTC at the earliest)`, { status })
  }

  async function enter(): Promise<void> {
    if (inside < AT_ONCE) inside += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }

  /** A free place goes to the first that waits. */
  function leave(): void {
    const next = waiting.shift()
    if (next === undefined) inside -= 1
    else next()
  }

  return async (work) => {
    refuseIfQuiet()
    await enter()
    try {
      refuseIfQuiet()
      const result = await work()
      refusal = null
      return result
    } catch (error) {
      if (error instanceof LoginRefused && error.counts) refusal = { error, at: now().getTime() }
      throw error
    } finally {
      leave()
    }
  }
}
