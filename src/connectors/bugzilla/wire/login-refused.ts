import { DeliveryError, type Verdict } from '../../contract/delivery-error.ts'

/** What Bugzilla counts: the fifth wrong login in half an hour locks the account. */
export type LoginTrouble = 'wrong login' | 'locked'

export class LoginRefused extends DeliveryError {
  /** Null if Bugzilla does not count it. */
  readonly trouble: LoginTrouble | null

  constructor(
    message: string,
    details: {
      verdict?: Verdict
      trouble?: LoginTrouble | null
      status?: number | null
      retryAfterMs?: number | null
    } = {},
  ) {
    const { verdict = 'pause', trouble = null, status = null, retryAfterMs = null } = details
    super(verdict, message, { status, retryAfterMs })
    this.trouble = trouble
  }
}

/** A lock ends by itself, so this needs nobody to resume. */
export function accountLocked(retryAfterMs: number, status: number | null = null): LoginRefused {
  return new LoginRefused(
    'Bugzilla has locked the account for half an hour after too many wrong logins; the relay then tries again by itself. Correct the password if it is wrong, or use an API key, which the lock does not touch',
    { verdict: 'hold', trouble: 'locked', status, retryAfterMs },
  )
}
