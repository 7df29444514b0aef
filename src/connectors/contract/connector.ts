import type { Static, TSchema } from 'typebox'
import type { Send } from '../../http/send.ts'
import type { Wire } from '../../http/wire.ts'
import type { Activity } from '../../tracker/activity.ts'
import type { Effect, StateEffect } from './effect.ts'
import type { OwnWrite } from './own-write.ts'

/** The contract between the queue and another system. What a connector can do is seen from which functions it has. */
export interface Connector<S extends TSchema = TSchema> {
  /** The `type` in the config, the same as the connector's folder. */
  readonly name: string
  readonly title: string
  /** What Tracker calls the system in the links of its stories; absent when it has no tickets. */
  readonly system?: string
  /** One schema for check, type, defaults, documentation and redaction (a secret is `writeOnly: true`). */
  readonly settings: S
  /**
   * Reads the settings once. Pure: nothing is opened yet.
   * @param settings with the defaults filled in
   * @returns what it can do, or the problems that a schema cannot express; they never repeat a secret
   */
  configure(settings: Static<S>): Configured | SettingProblem[]
}

export function defineConnector<S extends TSchema>(connector: Connector<S>): Connector<S> {
  return connector
}

/** A `configure` that reads the settings with `read`; unless there are problems, `then` makes the rest of what was read. */
export function readBy<S, R extends object>(
  read: (settings: S) => R | SettingProblem[],
  then: (found: R, settings: S) => Configured,
): (settings: S) => Configured | SettingProblem[] {
  return (settings) => {
    const found = read(settings)
    return Array.isArray(found) ? found : then(found, settings)
  }
}

/** The same for settings that only have to be examined. */
export function checkedBy<S extends object>(
  problemsIn: (settings: S) => SettingProblem[],
  then: (settings: S) => Configured,
): (settings: S) => Configured | SettingProblem[] {
  return (settings) => {
    const problems = problemsIn(settings)
    return problems.length > 0 ? problems : then(settings)
  }
}

export interface SettingProblem {
  /** With dots for nested settings: `states.accepted`. */
  readonly setting: string
  /** What follows the setting's name in a sentence. */
  readonly problem: string
}

export interface Configured {
  /** What the activity should cause at the target. Pure and total: no clock, no network, no exception. */
  plan(activity: Activity): readonly Effect[]
  open(tools: Tools): Session
  /** Set if effects go to the ticket that a story is linked to; the queue then looks the ticket up first. */
  readonly tickets?: TicketTarget
  readonly imports?: TicketSource
  /** What the URLs of its tickets begin with; tells several integrations of one connector apart. */
  readonly ticketUrl?: string | null
  /** The ticket that an address, which begins with `ticketUrl`, is the page of; null if it is another page. */
  ticketAt?(url: string): string | null
  /** True if it can carry the effect `notice` to people or programs of the team, and to nobody else. */
  readonly notices?: boolean
  /**
   * Set if announcements are gathered and told together: when the digest is due in which those are that came at a time.
   * Later than that time.
   */
  readonly digestAfter?: (came: Date) => Date
  /** Secrets within other settings, such as a key in a pasted URL; `writeOnly` settings need not be listed. */
  readonly secrets?: readonly string[]
}

export interface TicketTarget {
  /**
   * Whether the later of two states makes the earlier one unnecessary; never for a target that is told of each state.
   */
  supersedes(later: StateEffect, earlier: StateEffect): boolean
}

export interface TicketSource {
  readonly storyTypes: StoryTypes
  /** The setting that selects the tickets to import, if it is not set; the session then has no `stories`. */
  readonly missing: string | null
}

/** Which type of story a ticket becomes, by the system's own word in lower case. */
export interface StoryTypes {
  readonly byType: Readonly<Record<string, StoryType>>
  readonly otherwise: StoryType
  /** True if the source tells points in Tracker's sense, which are kept on every type of story. */
  readonly keepsEstimates?: boolean
}

export interface Session {
  /**
   * Makes the effect true by exactly one write at the target.
   * @throws {DeliveryError} with the verdict; after any other error it is unknown whether the write happened
   */
  perform?(job: Job): Promise<Receipt>
  /**
   * Asks the target whether an attempt that began at `since`, and whose result is unknown, had its effect. After
   * 'absent' the effect is sent again; also after 'cannot tell' (the target cannot be asked), because losing is worse
   * than repeating.
   * @throws {DeliveryError} if the question itself fails
   */
  confirm?(job: Job, since: Date): Promise<Receipt | 'absent' | 'cannot tell'>
  /**
   * The tickets that can become stories, page by page, in the source's order; set if the settings name a source. Each
   * call reads afresh.
   * @throws {DeliveryError} if a page cannot be read, because a partial list must not pass for the whole one. An empty
   * answer because the login failed is such an error, never an empty list.
   */
  stories?(): AsyncIterable<readonly ExternalStory[]>
  /** Tests the settings against the target (credentials, permissions, ids) without writing. */
  check?(): Promise<readonly Finding[]>
  /** How a person authorises the account; set if the settings do not hold its credentials. */
  readonly connection?: Connection
  close?(): Promise<void>
}

/** Authorisation with a click, or with a PIN if the relay has no URL that a browser can be sent back to. */
export interface Connection {
  /** The name of the authorised account; null if there is none. */
  account(): Promise<string | null>
  /**
   * @param callback where the browser is sent back to; null: the person is shown a PIN to copy
   * @returns where the person agrees, and what must be kept secret until then
   * @throws {DeliveryError}
   */
  begin(callback: string | null): Promise<{ readonly url: string; readonly pending: string }>
  /**
   * Keeps the tokens; they are on disk when this resolves.
   * @param answer the query that the browser came back with, or `{ pin }`
   * @returns the name of the account
   * @throws {DeliveryError} if the answer belongs to another attempt, is a refusal or comes too late
   */
  finish(pending: string, answer: Readonly<Record<string, string>>): Promise<string>
  /** Forgets the tokens, and revokes them at the target if it can. Nothing is sent from then on. */
  disconnect(): Promise<void>
}

export interface Job {
  /** An idempotency key: the same for every attempt, and for the same activity after a restore. No "." in it. */
  readonly key: string
  readonly effect: Effect
  /** The effect's story; null for a forward. */
  readonly story: StoryRef | null
  readonly ticket: Ticket | null
  /** True if an earlier attempt may have succeeded: a target's "that is there already" then means that it did. */
  readonly inDoubt: boolean
  /** What an earlier attempt in doubt sent, as it kept it before its write; null if it kept nothing. */
  readonly kept: string | null
  /**
   * Commits what is about to be sent, for a target that is searched for its words. Called right before the write.
   * @throws {DeliveryError} if it could not be stored, or if the lease has ended: then nothing may be sent
   */
  keep(words: string): Promise<void>
  /**
   * Commits what the write is about to change, so that the tool's own event about it is not taken for somebody's news; does
   * nothing if no project follows the tool. Called right before the write, and never for what is there already.
   * @throws {DeliveryError} if it could not be stored: then nothing may be sent
   */
  foretell(write: OwnWrite): Promise<void>
  /** The target's clock when the attempt in doubt began; null if the target had not told its time. */
  readonly targetTime: Date | null
  /** Those of the ids that a receipt of this integration names: what settled attempts wrote, never the one in doubt. */
  receipted(ids: readonly string[]): Promise<ReadonlySet<string>>
  /**
   * The id in the receipt of the latest delivery of this story by this integration that has arrived: what a thread goes on
   * from. Null for the first one, and when those before have been deleted by retention.
   */
  latest(): Promise<string | null>
  /** True for a state that is replayed after a later one was delivered: the ticket is further already. */
  readonly overtaken: boolean
  readonly occurredAt: Date
  /**
   * What is told together by this one write, the same at every attempt, in the order in which it came: `effect` is in it,
   * and `key` stands for all of it. Absent: `effect` alone.
   */
  readonly digest?: readonly InDigest[]
  /** The activity that caused this, as received and as understood. */
  activity(): Promise<{ readonly activity: Activity; readonly raw: Buffer; readonly contentType: string | null }>
}

export interface InDigest {
  readonly effect: Effect
  readonly story: StoryRef | null
  readonly occurredAt: Date
}

export interface StoryRef {
  readonly id: string
  readonly projectId: string
  readonly name: string | null
  /** feature, bug, chore, release; null if no activity has told it yet */
  readonly type: string | null
  /** For people, made from the project's `story_url`. */
  readonly url: string
}

export interface Ticket {
  readonly externalId: string
  readonly externalUrl: string | null
}

export type StoryType = 'feature' | 'bug' | 'chore' | 'release'

/** A ticket as the import feed shows it; its texts are plain, and may have any length and any characters. */
export interface ExternalStory {
  readonly externalId: string
  readonly name: string
  readonly description: string
  /** The name of a person; empty if unknown. */
  readonly requestedBy: string
  readonly createdAt: Date | null
  /** The system's own word, such as "Bug" or "idea". */
  readonly type: string | null
  /** In points. */
  readonly estimate: number | null
}

/** What the target said about the write: shown to the operator, never parsed. */
export interface Receipt {
  readonly id?: string | null
  readonly url?: string | null
  /** Mostly why nothing was written: "already there", "already in state Resolved". */
  readonly note?: string
}

export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  /** Null for the integration as a whole. */
  readonly setting: string | null
  readonly message: string
}

export interface Tools {
  readonly integration: string
  /** The only way to the network over HTTP: time limit, size limit, no redirects, address guard, secrets redacted in records. */
  readonly send: Send
  /** The way to a target that does not speak HTTP; absent where nothing is sent. */
  readonly wire?: Wire
  /** The integration's `timeout_seconds`, which `send` keeps to by itself. */
  readonly timeoutMs?: number
  readonly now: () => Date
  /** Milliseconds of a clock that nobody sets, to measure by. */
  readonly steady: () => number
  /** 0 <= x < 1 */
  readonly random: () => number
  /** Waits, or returns early if the signal is aborted; the only way in which a connector waits. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly log: Log
  /**
   * Reports a rate limit that the target tells, as metrics.
   * @param window the same word each time ("15min", "app_24h")
   */
  limit?(window: string, state: Limit): void
  /** Keeps what the target issued and a restart must not lose; absent if no key is configured. */
  readonly credentials?: Credentials
  /** What integrations that use the same account share; absent if nothing outlives the session. */
  readonly accounts?: Accounts
}

export interface Limit {
  readonly limit: number | null
  readonly remaining: number | null
  readonly resetAt: Date | null
}

/** Named values, encrypted at rest. */
export interface Credentials {
  /** @throws {SealError} if it was encrypted with a key that the config no longer has */
  load(name: string): Promise<string | null>
  /** The value is on disk when this resolves. */
  save(name: string, value: string): Promise<void>
  forget(name: string): Promise<void>
  /**
   * Does the work while no other process of the relay does any under this name. What it needs to know, it reads then: the
   * one before may have changed it.
   */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** Names and notes are not encrypted and must not show a secret. */
export interface Accounts {
  /** One value for all integrations of this process; the first that asks for it makes it. */
  shared<T>(name: string, make: () => T): T
  /** A note that survives a restart, and that the command line and other instances see too. */
  load(name: string): Promise<string | null>
  /** The note is on disk when this resolves. */
  save(name: string, note: string): Promise<void>
  forget(name: string): Promise<void>
}

export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
