import { DeliveryError } from '../contract/delivery-error.ts'
import { LOCK_MS } from './wire/login-history.ts'
import { accountLocked, LoginRefused } from './wire/login-refused.ts'
import type { Fault } from './wire/xml-rpc-values.ts'

export interface Asked {
  readonly kind: 'read' | 'write'
  readonly login: 'password' | 'api_key'
  /** XML-RPC faults come with 200. */
  readonly status: number
}

/** The codes are those of Bugzilla/WebService/Constants.pm, the same over XML-RPC and REST. */
const ofTheLogin: Readonly<Record<number, (login: Asked['login']) => string>> = {
  300: () => 'Bugzilla does not accept username and password; correct them (five wrong logins lock the account)',
  301: () => 'Bugzilla says that the account is disabled; have it enabled, or set the username of another',
  305: () => 'Bugzilla wants a new password for the account; log in to Bugzilla as username, change it, set password',
  306: () => 'Bugzilla does not accept api_key; make a new one in the preferences of the account, and set it',
  410: asVisitor,
  // Only for logins: 3.4 silently answers other questions as to a visitor.
  505: asVisitor,
}

function asVisitor(login: Asked['login']): string {
  return login === 'api_key'
    ? 'Bugzilla takes the relay for a visitor: api_key did not reach it; if a proxy in front drops X-BUGZILLA-API-KEY, let it pass'
    : 'Bugzilla takes the relay for a visitor: username and password did not reach it; look at the proxy in front of it'
}

/** Faults of this one delivery: it is dead until somebody has done what the message says and replays it. */
const ofTheDelivery: Readonly<Record<number, string>> = {
  50: 'Bugzilla misses a parameter',
  51: 'Bugzilla does not know a name in map_status; spell it as Bugzilla does',
  100: 'Bugzilla does not know the bug; link the story to an existing one',
  101: 'the bug no longer exists in Bugzilla; link the story to an existing one',
  102: 'the account may not see the bug; give it access in Bugzilla, then replay',
  106: 'the account may not see the product of the bug; give it access in Bugzilla, then replay',
  109: 'the account may not change bugs of this product; give it the right in Bugzilla, then replay',
  114: 'Bugzilla refuses the comment as too long',
  115: 'the account may not change this in the bug; give it the right (editbugs) in Bugzilla, then replay',
  116: 'Bugzilla refuses the change, because bugs would depend on each other in a circle',
  119: 'Bugzilla wants to know of which bug this is a duplicate; choose another resolution in map_status',
  121: 'Bugzilla wants a resolution with this status; add a valid one in map_status',
  122: 'Bugzilla does not accept a resolution with an open status; remove it in map_status',
  123: "Bugzilla's workflow does not allow this change of the status, or the account has no right to it (editbugs)",
  304: 'the account has no right to this in Bugzilla',
}

/**
 * What Bugzilla refuses for another reason than the login, a limit or the bug itself; nothing was written. A change is
 * refused together with its comment by the workflow, a missing right, a mandatory field or an extension, most of which have
 * no code of their own (32000), and the comment can then still be added alone.
 */
export class Refused extends DeliveryError {}

/** The words may be translated, so only people can tell what it is about. */
export class RefusedWithoutCode extends Refused {}

export class BugHidden extends DeliveryError {}

const OF_THE_BUG = new Set([100, 101, 102])

/** The comment has too many characters for this Bugzilla; nothing was written. */
export class CommentTooLong extends DeliveryError {}

/** Bugzilla itself is there. */
export class WithoutDatabase extends DeliveryError {}

function classOf(code: number): typeof DeliveryError {
  if (code === 114) return CommentTooLong
  return OF_THE_BUG.has(code) ? BugHidden : Refused
}

/** The fault's text is repeated only if Bugzilla wrote it for people. */
export function faultError(fault: Fault, asked: Asked): DeliveryError {
  const { status } = asked
  const code = typeof fault.code === 'number' ? fault.code : null
  const login = code === null ? undefined : ofTheLogin[code]
  if (login !== undefined)
    return new LoginRefused(login(asked.login), { status, trouble: code === 300 ? 'wrong login' : null })
  if (code === 113 || code === 110)
    return new DeliveryError(
      'pause',
      "comments_private is set, but the account is not in Bugzilla's insider group (the parameter insidergroup); put it in, or unset comments_private",
      { status },
    )
  if (code === 32000) return userError(fault.text, status)
  if (withoutDatabase(fault))
    return new WithoutDatabase('hold', 'Bugzilla cannot reach its database; its own log tells why', {
      status,
      targetDown: true,
    })
  if (noSuchMethod(fault)) return new Refused('dead', 'this Bugzilla is too old for what is asked of it', { status })
  if (code !== null && code > 0 && code < 32_000) {
    const Refusal = classOf(code)
    const known = ofTheDelivery[code] ?? `Bugzilla refuses with code ${code}`
    return new Refusal('dead', `${known}${said(fault.text)}`, { status })
  }
  return broken(fault, asked)
}

/** 32000 is every fault without its own code, among them the lock after five wrong logins and the rate limit. */
function userError(text: string, status: number): DeliveryError {
  if (/locked out/i.test(text)) return accountLocked(LOCK_MS, status)
  if (/rate limit/i.test(text))
    return new DeliveryError('hold', 'Bugzilla says that its rate limit is reached', { status })
  return new RefusedWithoutCode('dead', `Bugzilla refuses${said(text)}`, { status })
}

/**
 * Perl's words when it cannot connect (Bugzilla/DB.pm), never localised. Nothing was done, because each request connects
 * before anything else; the code is -32000 up to 3.4, "Client" later.
 */
function withoutDatabase({ code, text }: Fault): boolean {
  return (typeof code === 'string' || code < 0) && /^\s*(Can't connect to the database|DBI connect\()/.test(text)
}

function noSuchMethod({ code, text }: Fault): boolean {
  return code === -32601 || code === 32614 || (code === 'Client' && /^Failed to locate method/.test(text))
}

/**
 * Bugzilla itself failed: the code is "Client" for its server's part, below zero or above 100000 if the program crashed.
 * The text of such faults can contain the database's password, so it is never repeated.
 */
function broken({ code }: Fault, { kind, status }: Asked): DeliveryError {
  const shown = typeof code === 'number' ? String(code) : code.replace(/\W/g, '').slice(0, 20)
  return new DeliveryError(
    kind === 'write' ? 'in doubt' : 'retry',
    `Bugzilla failed with the code ${shown}; its own log tells why`,
    { status, targetDown: typeof code === 'string' },
  )
}

/** Without Perl's own messages, which name files and databases. */
function said(text: string): string {
  const words = text.replace(/\p{C}/gu, ' ').replace(/\s+/g, ' ').trim()
  if (words === '' || /\bDBI?\b|DBD::|\.p[ml]\b|\bat \S+ line \d+|password/i.test(words)) return ''
  return `: ${words.length <= 200 ? words : `${words.slice(0, 199)}…`}`
}
