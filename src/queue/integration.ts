import type { Session, TicketTarget } from '../connectors/contract/connector.ts'
import type { RetrySettings } from './outcome.ts'
import type { Pace } from './standing.ts'

/** One configured integration, opened and ready. */
export interface Integration {
  readonly name: string
  /** The connector's name. */
  readonly type: string
  readonly session: Session
  /** Null if it works without tickets. */
  readonly tickets: TicketTarget | null
  /** Changes with every setting. */
  readonly fingerprint: string
  redact(text: string): string
  readonly pace: Pace & {
    readonly coalesce_states: boolean
    readonly retry: RetrySettings
  }
}
