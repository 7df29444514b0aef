/**
 * What should become true at a target. Effects are stored with their delivery, and a connector turns them into its
 * target's words only when it sends, so that a fixed connector also fixes what is already queued.
 */

/** How the text of an effect is to be read. Absent fields mean what all effects meant before there were these fields. */
export interface Wording {
  /** Absent for a plain text. */
  readonly markup?: 'markdown'
  /** Files that came with the text, which may be empty then; absent without any. */
  readonly attachments?: readonly Attached[]
}

export interface Attached {
  /** With what its author said about it; null if Tracker did not send it. */
  readonly name: string | null
  /** http or https; null if it is not known, or leads nowhere without a host. */
  readonly url: string | null
}

export const ANNOUNCED = [
  ...(['created', 'moved', 'started', 'finished', 'delivered', 'accepted', 'rejected', 'commented'] as const),
  'changed',
] as const

/** News for people. The story's name and link are filled in when it is sent. */
export interface Announcement extends Wording {
  readonly kind: 'announce'
  readonly what: (typeof ANNOUNCED)[number]
  /** If it is `changed`, the words before the story's name: what happened has no word of Tracker's. */
  readonly deed?: string
  readonly storyId: string
  readonly author: string
  /** The comment, or the one that came with the state change. */
  readonly text: string | null
}

export interface CommentEffect extends Wording {
  readonly kind: 'comment'
  readonly storyId: string
  readonly author: string
  /** The comment as it is after the change; empty for a deleted one. */
  readonly text: string
  readonly commentId: string | null
  /** Absent for a new comment. */
  readonly change?: 'update' | 'delete'
}

export interface StateEffect {
  readonly kind: 'state'
  readonly storyId: string
  readonly author: string
  readonly state: string
  /** The state before, told by the activity or by those before it; null if it is not known. */
  readonly from: string | null
}

/** The activity itself, for another program. */
export interface Forward {
  readonly kind: 'forward'
}

/** What the relay itself has to tell its operators; never planned from an activity. */
export interface Notice {
  readonly kind: 'notice'
  readonly lines: readonly NoticeLine[]
}

export interface NoticeLine {
  /** The integration that it is about; null for the relay as a whole. */
  readonly about: string | null
  /** What programs can switch on. */
  readonly what: string
  /** True once what was told before has ended. */
  readonly isOver: boolean
  /** A sentence for people, without its full stop. */
  readonly message: string
}

export type Effect = Announcement | CommentEffect | StateEffect | Forward | Notice

/** The story whose order this effect belongs to; null for a forward, which belongs to all that its activity touches. */
export function storyOf(effect: Effect): string | null {
  return effect.kind === 'forward' || effect.kind === 'notice' ? null : effect.storyId
}
