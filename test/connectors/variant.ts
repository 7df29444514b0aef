import type { Connection, Ticket } from '../../src/connectors/contract/connector.ts'
import type { Recorded, StandIn } from '../targets/stand-in.ts'

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
  /** How a person authorises the account, before anything is sent. */
  readonly connect?: (connection: Connection) => Promise<string>
}

export function isWriteOf({ isWrite }: Target): (request: Recorded) => boolean {
  return isWrite ?? (({ method }) => method !== 'GET' && method !== 'HEAD')
}
