import type { Static, TSchema } from 'typebox'
import type { Send } from '../../http/send.ts'
import type { Activity } from '../../tracker/activity.ts'
import type { Effect, StateEffect } from './effect.ts'

/**
 * The contract between the queue and a system outside. A connector is a value; what it can do is seen from which
 * functions it gives. There is no base class and no stub method.
 */
export interface Connector<S extends TSchema = TSchema> {
  /** The `type` in the config, the same as the connector's folder. */
  readonly name: string
  readonly title: string
  /** What Tracker calls the system in the links of its stories; absent when it has no tickets. */
  readonly system?: string
  /** TypeBox; one schema for check, type, defaults, documentation and redaction (a secret is `writeOnly: true`). */
  readonly settings: S
  /**
   * Reads the settings, once; everything that is returned closes over what was read. Pure: nothing is opened yet.
   * @param settings as the schema says, with the defaults filled in
   * @returns the problems that a schema cannot say, such as one of two settings that is needed, or an address that
   * cannot be read. They never repeat a secret.
   */
  configure(settings: Static<S>): Configured | SettingProblem[]
}

/** Keeps the type of the settings between schema and configure. */
export function defineConnector<S extends TSchema>(connector: Connector<S>): Connector<S> {
  return connector
}

/** What is wrong with a setting. */
export interface SettingProblem {
  /** The key in the settings, with dots for what is inside: `states.accepted`. */
  readonly setting: string
  /** What follows the setting's name in a sentence. */
  readonly problem: string
}

/** A connector with its settings: what one integration does. */
export interface Configured {
  /** What the activity should cause at the target. Pure and total: no clock, no network, no exception. */
  plan(activity: Activity): readonly Effect[]
  open(tools: Tools): Session
  /** There when the effects go to the ticket that a story is linked to; the queue then looks the ticket up first. */
  readonly tickets?: TicketTarget
  /** There when the system has tickets that can be imported. */
  readonly imports?: TicketSource
  /** The address that the pages of its tickets begin with: tells several integrations of one connector apart. */
  readonly ticketUrl?: string | null
  /** Secrets that stand inside a setting, such as a key in a pasted address; `writeOnly` settings are known without this. */
  readonly secrets?: readonly string[]
}

export interface TicketTarget {
  /**
   * Whether the later of two states of a story makes the earlier one pointless, so that it may be left out; never for
   * a target that is told of each state.
   */
  supersedes(later: StateEffect, earlier: StateEffect): boolean
}

export interface TicketSource {
  /** What its tickets become in Tracker: by the system's own word in lower case, or otherwise. */
  readonly storyTypes: StoryTypes
  /** The setting that names the tickets to import, when it is not set: then the session has no `stories`. */
  readonly missing: string | null
}

export interface StoryTypes {
  readonly byType: Readonly<Record<string, StoryType>>
  readonly otherwise: StoryType
}

/** One configured integration, opened. */
export interface Session {
  /**
   * Makes the effect true by exactly one write at the target.
   * @throws {DeliveryError} with the verdict; any other error is treated as an attempt whose end is unknown
   */
  perform?(job: Job): Promise<Receipt>
  /**
   * Asks the target whether the effect is there already, after an attempt that began at `since` and whose end is
   * unknown. Only a definite 'absent' lets the effect be sent again; 'cannot tell' means that this target cannot be
   * asked, and then it is sent again too, because losing is worse than repeating.
   * @throws {DeliveryError} when the question itself failed
   */
  confirm?(job: Job, since: Date): Promise<Receipt | 'absent' | 'cannot tell'>
  /**
   * The tickets that can become stories, page by page, in the source's order; there only where the settings name a
   * source. Each call reads afresh.
   * @throws {DeliveryError} when a page cannot be had: what came before is not all, and must not pass for it. A source
   * that answers with nothing because the login failed is such an error, never an empty list.
   */
  stories?(): AsyncIterable<readonly ExternalStory[]>
  /** Tries the settings against the target: credentials, permissions, ids. Nothing is written. */
  check?(): Promise<readonly Finding[]>
  /** How a person authorises the account that is written as; there only where the settings do not hold it. */
  readonly connection?: Connection
  close?(): Promise<void>
}

/** Authorising with a click, or with a PIN where the relay has no address that a browser can be sent back to. */
export interface Connection {
  /** The name of the account that is authorised; null when there is none. */
  account(): Promise<string | null>
  /**
   * @param callback where the browser is sent back to; null: the person is shown a PIN, or a code, to copy
   * @returns where the person agrees, and what must be kept secret until they have
   * @throws {DeliveryError}
   */
  begin(callback: string | null): Promise<{ readonly url: string; readonly pending: string }>
  /**
   * Keeps the tokens; when this resolves they are on the disk.
   * @param answer the query that the browser came back with, or `{ pin }`
   * @returns the name of the account
   * @throws {DeliveryError} when it is not what was begun, was refused or is over
   */
  finish(pending: string, answer: Readonly<Record<string, string>>): Promise<string>
  /** Forgets the tokens, and revokes them at the target where that can be done. Nothing is sent from then on. */
  disconnect(): Promise<void>
}

/** One delivery to carry out. */
export interface Job {
  /** The same for every attempt of this delivery, and for the same activity after a restore: an idempotency key. No "." in it. */
  readonly key: string
  readonly effect: Effect
  /** The effect's story; null for a forward. */
  readonly story: StoryRef | null
  readonly ticket: Ticket | null
  /** True when an earlier attempt may have come true: a target's "that is there already" then means that it did. */
  readonly inDoubt: boolean
  /** True for a state that is repeated although a later one of the story was carried on: the ticket is further already. */
  readonly overtaken: boolean
  /** When the activity happened. */
  readonly occurredAt: Date
  /** The activity that caused this, as it was received and as it was understood. */
  activity(): Promise<{ readonly activity: Activity; readonly raw: Buffer; readonly contentType: string | null }>
}

/** A story, with all that the relay knows of it. */
export interface StoryRef {
  readonly id: string
  readonly projectId: string
  readonly name: string | null
  /** feature, bug, chore, release; null when no activity has told it yet */
  readonly type: string | null
  /** A link that a person can follow, made from the project's `story_url`. */
  readonly url: string
}

/** The ticket that a story is linked to. */
export interface Ticket {
  readonly externalId: string
  readonly externalUrl: string | null
}

/** The kinds of story that Tracker has. */
export type StoryType = 'feature' | 'bug' | 'chore' | 'release'

/** A ticket as the import feed shows it; its texts are plain, of any length, and may hold any character. */
export interface ExternalStory {
  readonly externalId: string
  readonly name: string
  /** Empty where there is none. */
  readonly description: string
  /** The name of a person; empty where it is unknown. */
  readonly requestedBy: string
  readonly createdAt: Date | null
  /** The system's own word for what it is, as "Bug" or "idea"; null where it has none. */
  readonly type: string | null
  /** In points; null where there is none. */
  readonly estimate: number | null
}

/** What the target said when the effect came true: shown to the operator, never parsed. */
export interface Receipt {
  /** The target's id of what was written, where it tells one. */
  readonly id?: string | null
  readonly url?: string | null
  /** For a receipt that is no fresh write: "already there", "already in state Resolved". */
  readonly note?: string
}

/** A sentence about the settings, in the words of the settings. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  /** The setting it is about; null for the integration as a whole. */
  readonly setting: string | null
  readonly message: string
}

export interface Tools {
  /** The integration's name in the config. */
  readonly integration: string
  /** The only way out: time limit, cap on the body, no redirects, address guard, secrets redacted in what is recorded. */
  readonly send: Send
  readonly now: () => Date
  /** 0 <= x < 1 */
  readonly random: () => number
  /** Waits so many milliseconds, or until the signal is aborted; a connector waits in no other way. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly log: Log
  /**
   * Tells of a limit that the target counts for us: shown as metrics.
   * @param window a word for what is counted, the same each time ("15min", "app_24h")
   */
  limit?(window: string, state: Limit): void
  /** Keeps what the target gave us and a restart must not lose, encrypted; absent where no key is configured. */
  readonly credentials?: Credentials
}

/** Null: the target does not tell. */
export interface Limit {
  readonly limit: number | null
  readonly remaining: number | null
  readonly resetAt: Date | null
}

/** Named values, encrypted at rest. */
export interface Credentials {
  /** @throws {SealError} when it was sealed with a key that the config no longer has */
  load(name: string): Promise<string | null>
  /** When this resolves, the value is on the disk. */
  save(name: string, value: string): Promise<void>
  forget(name: string): Promise<void>
}

export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
