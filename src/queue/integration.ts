import type { Session, TicketTarget } from '../connectors/contract/connector.ts'
import type { RetrySettings } from './outcome.ts'
import type { Pace } from './standing.ts'

export interface Integration {
  readonly name: string
  readonly type: string
  readonly session: Session
  /** The target's clock now, as its latest answer told it; null if none did. */
  targetTime(): Date | null
  /** Null if it works without tickets. */
  readonly tickets: TicketTarget | null
  /** @see Configured.digestAfter; null: everything is sent by itself. */
  readonly digestAfter: ((came: Date) => Date) | null
  /** Changes with every setting. */
  readonly fingerprint: string
  redact(text: string): string
  readonly pace: Pace & {
    readonly coalesce_states: boolean
    readonly retry: RetrySettings
  }
}
