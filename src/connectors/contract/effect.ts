/**
 * What should become true at a target. Effects are stored with their delivery, and a connector turns them into its
 * target's words only when it sends, so that a fixed connector also fixes what is already queued.
 */

/** How the text of an effect was written. Absent for a plain text, as in all effects stored before this was told. */
export interface Wording {
  readonly markup?: 'markdown'
}

/** News for people. The story's name and link are filled in when it is sent. */
export interface Announcement extends Wording {
  readonly kind: 'announce'
  readonly what: 'created' | 'started' | 'finished' | 'delivered' | 'accepted' | 'rejected' | 'commented'
  readonly storyId: string
  readonly author: string
  /** The comment, or the one that came with the state change. */
  readonly text: string | null
}

export interface CommentEffect extends Wording {
  readonly kind: 'comment'
  readonly storyId: string
  readonly author: string
  readonly text: string
  readonly commentId: string | null
}

export interface StateEffect {
  readonly kind: 'state'
  readonly storyId: string
  readonly author: string
  readonly state: string
  /** The state before, if the activity tells it. */
  readonly from: string | null
}

/** The activity itself, for another program. */
export interface Forward {
  readonly kind: 'forward'
}

export type Effect = Announcement | CommentEffect | StateEffect | Forward

/** The story whose order this effect belongs to; null for a forward, which belongs to all that its activity touches. */
export function storyOf(effect: Effect): string | null {
  return effect.kind === 'forward' ? null : effect.storyId
}
