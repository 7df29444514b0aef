import type { StandIn } from '../../stand-ins/stand-in.ts'

/** Something that a target has taken, in the order in which it took it. */
export interface Received {
  /** The delivery's key, where the target is told it. */
  readonly key: string | null
  /** The room, the ticket. */
  readonly place: string
  /** "#109" for the story whose link it has, the ticket that it was put into, or null: it has the story's name alone. */
  readonly subject: string | null
  readonly text: string
}

/** The login of an import, as an integration's settings have it and as Tracker sends it. */
export interface Login {
  readonly username: string
  readonly password: string
}

/** Which tickets of a source the panel must show at the end of the day, in order, and which have become stories. */
export interface Panel {
  readonly shown: readonly string[]
  readonly linked: readonly string[]
}

/** A stand-in that listens, and the settings of the integration that delivers to it. */
export interface RunningTarget {
  readonly standIn: Pick<StandIn, 'url' | 'down' | 'fault' | 'close'>
  readonly settings: Readonly<Record<string, unknown>>
  /** What the settings let the import panel in with. */
  readonly importLogin?: Login
  received(): readonly Received[]
  /** The state of each ticket there is, by the target's own words. */
  tickets?(): Readonly<Record<string, string>>
  /** Somebody deletes a ticket there. */
  deleteTicket?(ticket: string): void
}

export interface Target {
  /** Of the integration in the config. */
  readonly name: string
  readonly title: string
  start(): Promise<RunningTarget>
  /** Makes it fail for a while, from the start; what is told of it. */
  stumble?(running: RunningTarget): string
  /** What happens to it during the day. */
  readonly incidents?: readonly Incident[]
  /** By the name of the activity: the deliveries that must end otherwise than by arriving as they are. */
  readonly exceptions?: Readonly<Record<string, Exception>>
  /** What its troubles must have caused: answers that were lost and found (exactly), tries that were held (at least). */
  readonly troubles?: { readonly found?: number; readonly held?: number }
  /** The state that each ticket must have in the end. */
  readonly tickets?: Readonly<Record<string, string>>
  /** What Tracker's import panel must show of it in the end. */
  readonly panel?: Panel
  /** What must be read with everything that is put there. */
  readonly marked?: string
  /** What a story's state is called here, where that is another word. */
  readonly stateWords?: Readonly<Record<string, string>>
  /** What is also read here when a ticket passes through a state on its way to another one. */
  readonly onTheWay?: string
}

/**
 * - `superseded`: a later state of the story, which waited too, stands for it
 * - `dead`: its ticket is gone
 * - `in part`: it arrived without the part that the target refused
 * - `too late`: a state older than the one that its story has since, whose ticket stays as it is
 */
export type Exception = 'superseded' | 'dead' | 'in part' | 'too late'

/** Something that happens to a target at a moment of the day. */
export interface Incident {
  /** The activity right before which it happens, when everything that came before has settled. */
  readonly before: string
  readonly told: string
  happen(running: RunningTarget): void
  /** The end of what lasts: it comes after an activity, and not before the relay has noticed. */
  readonly end?: {
    readonly after: string
    readonly told: string
    happen(running: RunningTarget): void
  }
}
