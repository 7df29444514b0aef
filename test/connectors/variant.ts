import type { Connection, Ticket } from '../../src/connectors/contract/connector.ts'
import type { Recorded, StandIn } from '../../src/stand-ins/stand-in.ts'

/** A connector with typical settings, at a stand-in with typical content. */
export interface Variant {
  /** Also the name of its golden file. */
  readonly name: string
  readonly connector: string
  /** Everything starts afresh for each activity, so that a new activity changes nothing of the others. */
  start(now: () => Date): Promise<Target>
}

export interface Target {
  readonly settings: object
  /** Null: it is not spoken to over HTTP, and what counts is what is logged. */
  readonly standIn: StandIn | null
  readonly ticket?: Ticket
  /** Default: everything but GET and HEAD. */
  readonly isWrite?: (request: Recorded) => boolean
  /** Where its writes end up; absent if nothing is written, or it is not spoken to over HTTP. */
  readonly place?: Place
  /** How a person authorises the account, before anything is sent. */
  readonly connect?: (connection: Connection) => Promise<string>
}

/** A room, an account or a ticket. */
export interface Place {
  /** How many messages, comments and changes stand there. */
  written(): number
  /** Takes the latest message or comment as the model for more; absent if the target cannot be asked. */
  copies?(): Copies
  /** True if the account sees only what it wrote itself. */
  readonly showsOnlyOurs?: boolean
  /** True if the target refuses words that it has already. */
  readonly refusesEqualWords?: boolean
  /** Set if the target cannot be asked what stands there: what a repeat is to it, as the connector's page says. */
  readonly isNotAsked?: 'a repeat is recognised' | 'a repeat is another message'
}

/** Each puts another one there, written now. */
export interface Copies {
  /** By the relay's own account. @returns its id; null if the target shows none */
  ours(): string | null
  /** By somebody else. */
  others?(): void
}

export function latestOf<T>(all: readonly T[]): T {
  const latest = all.at(-1)
  if (latest === undefined) throw new Error('nothing stands there yet')
  return latest
}

export function isWriteOf({ isWrite }: Target): (request: Recorded) => boolean {
  return isWrite ?? (({ method }) => method !== 'GET' && method !== 'HEAD')
}
