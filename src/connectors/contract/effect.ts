/**
 * What should become true at a target, in the product's words. Effects are stored with their delivery; a
 * connector turns them into its target's words right before sending, so a mended connector also mends what is
 * already queued.
 */

/** A thing worth telling people about. The story's name and link are filled in when the delivery is carried out. */
export interface Announcement {
  readonly kind: 'announce'
  readonly what: 'created' | 'started' | 'finished' | 'delivered' | 'accepted' | 'rejected' | 'commented'
  readonly storyId: string
  readonly author: string
  /** The comment's text, or the comment given along with the state change; null when there is none. */
  readonly text: string | null
}

/** A comment of the story that the linked ticket should show. */
export interface CommentEffect {
  readonly kind: 'comment'
  readonly storyId: string
  readonly author: string
  readonly text: string
  readonly commentId: string | null
}

/** A state of the story that the linked ticket should follow. */
export interface StateEffect {
  readonly kind: 'state'
  readonly storyId: string
  readonly author: string
  readonly state: string
  /** The state before, where the activity tells it. */
  readonly from: string | null
}

/** The activity itself, carried on to another program. */
export interface Forward {
  readonly kind: 'forward'
}

export type Effect = Announcement | CommentEffect | StateEffect | Forward

/** The stories whose order this effect belongs to: none for a forward, which belongs to all that its activity touches. */
export function storyOf(effect: Effect): string | null {
  return effect.kind === 'forward' ? null : effect.storyId
}
