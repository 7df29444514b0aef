import type { Static, TSchema } from 'typebox'
import type { Finding, SettingProblem } from '../../connectors/contract/connector.ts'
import type { OwnWrite } from '../../connectors/contract/own-write.ts'
import type { Send } from '../../http/send.ts'
import type { Activity } from '../../tracker/activity.ts'

/** A tool whose web hooks become activities. What a source can do is seen from which functions it has. */
export interface Source<S extends TSchema = TSchema> {
  /** The `type` in `projects[].source`, the same as the source's folder. */
  readonly name: string
  readonly title: string
  /** Where a person puts the hook's address in the tool, for the page Set-up: a sentence or two. */
  readonly paste: string
  /** One schema for check, type, defaults, documentation and redaction (a secret is `writeOnly: true`). */
  readonly settings: S
  /**
   * Reads the settings once. Pure: nothing is opened yet.
   * @param settings with the defaults filled in
   * @returns what it can do, or the problems that a schema cannot express; they never repeat a secret
   */
  configure(settings: Static<S>, project: SourceProject): ConfiguredSource | SettingProblem[]
}

/** The relay's project that the hook belongs to. */
export interface SourceProject {
  readonly id: string
  /** What people call it. */
  readonly name: string
}

export function defineSource<S extends TSchema>(source: Source<S>): Source<S> {
  return source
}

/** A request to the hook, whose secret in the URL was right. */
export interface HookRequest {
  /** By their names in lower case; one that came several times is joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The bytes as they came: what is signed. */
  readonly body: Buffer
}

export interface ConfiguredSource {
  readonly name: string
  /** What the tool is called, of a source that serves several. */
  readonly tool?: string
  /** The connector that writes to the same tool, if there is one: what it writes comes back by this hook. */
  readonly writtenBy?: string
  /**
   * The headers that `read` looks at, in lower case. They are kept with a request that is refused, so that it can be
   * handed in again; never name one that holds a secret or a signature here.
   */
  readonly headers: readonly string[]
  /**
   * Whether the tool sent the request. Absent if the tool signs nothing: then the secret in the hook's URL is all there
   * is. Compares in constant time, and takes any of several secrets.
   * @returns null if it did, else why not, without any secret
   */
  verify?(request: HookRequest, now: Date): Refusal | null
  /** The request in which the tool would send this body now: the counterpart of `verify`, to try a hook by hand. */
  sign?(body: Buffer, now: Date): HookRequest
  /** The bodies of a list that may be sent at once, each to be read by itself; null for any other body. */
  split?(body: Buffer): readonly Buffer[] | null
  /**
   * What happened, in the relay's words.
   * @throws {ParseError} if it is nothing that the tool sends
   */
  read(request: HookRequest, directory: Directory): Reading | Promise<Reading>
  /**
   * True if a stored body tells the whole activity by itself, as Tracker's does: it is read again when it is needed. Any
   * other is stored as it was read, and an effect on a ticket that it causes is checked against what is known already.
   */
  readonly rereads?: true
  /** A page of the tool for a story whose activity tells no URL. Absent: the project's `story_url`. */
  readonly home?: string
  /** What is doubtful in the settings, for `check`. */
  readonly warnings?: readonly Finding[]
  /** What can be tried without the tool's API. */
  check?(): Promise<readonly Finding[]>
  /** Set if the settings have access to the tool's API. */
  open?(tools: SourceTools): SourceSession
  /** Ends what reading has started, once another config is in force. What is still read then is read all the same. */
  close?(): Promise<void>
}

/** Words for metrics, and the values of `rejected replay --reason`. */
export const REFUSED_BY_SOURCE = ['signature', 'wrong project', 'expression'] as const

export interface Refusal {
  readonly reason: (typeof REFUSED_BY_SOURCE)[number]
  /** For the sender and the operator: what is wrong, and what to do. */
  readonly message: string
}

/** Words for metrics: a test of the hook; nothing that anybody would be told; nothing about a story; our own doing. */
export const IGNORED = ['ping', 'no news', 'no story', 'own'] as const

export type Reading =
  | { readonly activities: readonly ReadActivity[] }
  /** The hook is answered 200, so that the tool does not send it again, and nothing is stored. */
  | { readonly ignored: (typeof IGNORED)[number]; readonly detail: string }
  | { readonly refused: Refusal }

export interface ReadActivity {
  /** Its `key` makes it itself: the tool's id of the event, else a hash of what the event is. */
  readonly activity: Activity
  /** The states that stories are in now, by their ids, if the event tells more than it changed. */
  readonly states?: Readonly<Record<string, string>>
  /**
   * True if the tool does not tell whether the activity changed the states in `states`: those that are other than what the
   * relay remembers were changed, and a story of which it remembers nothing is taken as unchanged.
   */
  readonly compares?: true
  /**
   * Where two events may have the same key: which delivery of which web hook told this one. The id stays when the tool sends
   * it again.
   */
  readonly delivery?: { readonly hook: string; readonly id: string }
  /** True if it brings its stories back that had been deleted, even if it tells no state of them. */
  readonly restores?: true
  /** See `Missed`. */
  readonly unlessKnown?: true
  /** Set if the relay itself did it, as the account tells: what is known by, for the log. */
  readonly own?: string
  /** What it changed at a ticket, if it says nothing else: the relay may have just written that. */
  readonly changes?: OwnWrite
  /** What may lead to a ticket of one of the project's integrations. */
  readonly tickets?: readonly TicketHint[]
}

/** In the order of their weight: the first that leads to a ticket counts. */
export interface TicketHint {
  readonly storyId: string
  /** An address that somebody attached to the story. */
  readonly url?: string
  /** A label, such as jira:ENT-17. */
  readonly label?: string
  /** A text in which an address may be. It counts if it leads to one ticket alone, and the story has none yet. */
  readonly text?: string
}

/** What the tool's API tells of ids. Answers soon, since the hook waits; null for what it does not know, or not yet. */
export interface Directory {
  person(id: string): Promise<string | null>
  state(id: string): Promise<ForeignState | null>
}

/** For who has no access to the tool's API. */
export const NO_DIRECTORY: Directory = { person: async () => null, state: async () => null }

/** A state of the tool's own workflow. */
export interface ForeignState {
  readonly id: string
  readonly name: string
  /** The tool's own word for the kind of state; null if it did not tell one. */
  readonly category: string | null
  /** Of which team or workflow it is, where names repeat. */
  readonly of?: string
}

export interface SourceTools {
  /** The only way out; with the timeout and the proxy of the settings. */
  readonly send: Send
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  pause(ms: number, signal?: AbortSignal): Promise<void>
}

export interface SourceSession {
  readonly directory: Directory
  /** Tests the token, and lists what each state of the tool means here. Writes nothing. */
  check(): Promise<readonly Finding[]>
  /** What happened in a time, as the tool's API tells it afterwards. Absent: it cannot be asked. */
  readonly missed?: AskMissed
}

/**
 * Asks the tool's API what happened in a time, whether or not a hook told it; of each story the oldest first. What a hook has
 * told has the same keys here, or `unlessKnown`. Projects with the same settings share a session, so it knows of no project.
 * @throws {SourceApiError} if it gave no usable answer; what was yielded before stays true
 */
export type AskMissed = (asked: MissedTime) => AsyncIterable<MissedPage>

export interface MissedTime {
  /** What happened before then is not wanted. */
  readonly since: Date
  /** What was changed last before then has been yielded, in an earlier part of the same time. Not before `since`. */
  readonly from: Date
  readonly until: Date
}

export interface MissedPage {
  readonly missed: readonly Missed[]
  /**
   * Of all that was changed last before then, what happened has been yielded, this page included; null: that cannot be told
   * yet. By when a thing was changed, not by when something happened to it: one that was made before then and changed after
   * it is yet to come, with its making.
   */
  readonly upTo: Date | null
}

export interface Missed {
  /** In the form of the tool's hook, so that it is read and stored like one. */
  readonly body: Buffer
  /** True for a state that the hook may have told with another key: it is left out if the story is known to be in it. */
  readonly unlessKnown?: true
}
