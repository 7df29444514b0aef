/**
 * How a relay ends that has read its targets' answers and cannot commit what came of them: it is killed; it is told to
 * stop, and can commit then; or it is told to stop, and killed.
 */
export type End = 'killed' | 'stopped' | 'stopped in vain'

/** One way to play a round. */
export interface Kind {
  /** How many outcomes of each integration are on their way: one, as many as may run at once, or as many as there can be. */
  readonly outcomes: 'one' | 'some' | 'most'
  /** The targets refuse what they are asked: that is no effect, and must become one. */
  readonly isRefused?: true
  /** A second one is that of the next relay, which has asked about what is in doubt, and cannot commit the answers. */
  readonly ends: readonly [End, End?]
}

export const KINDS: readonly Kind[] = [
  { outcomes: 'one', ends: ['killed', 'killed'] },
  { outcomes: 'most', ends: ['killed'] },
  { outcomes: 'most', ends: ['stopped'] },
  { outcomes: 'some', ends: ['killed', 'killed'] },
  { outcomes: 'one', ends: ['killed'] },
  { outcomes: 'some', ends: ['killed', 'stopped'] },
  { outcomes: 'most', ends: ['stopped in vain'] },
  { outcomes: 'one', isRefused: true, ends: ['killed', 'killed'] },
  { outcomes: 'most', isRefused: true, ends: ['killed'] },
  { outcomes: 'one', ends: ['killed', 'stopped in vain'] },
  { outcomes: 'some', isRefused: true, ends: ['killed', 'stopped'] },
  { outcomes: 'most', isRefused: true, ends: ['stopped'] },
]

/** How many stories of a place are spoken of. */
export function lanesOf({ outcomes }: Kind, concurrency: number): number {
  if (outcomes === 'one') return 1
  return outcomes === 'some' ? concurrency : 3 * concurrency
}

export function named({ outcomes, isRefused, ends }: Kind): string {
  return `${outcomes}${isRefused === true ? ' refused' : ''}, ${ends.join(', then ')}`
}
