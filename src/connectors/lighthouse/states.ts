import type { StateEffect } from '../contract/effect.ts'
import type { Settings } from './settings.ts'

/** In the project's own order (its `open_states_list` and `closed_states_list`). */
export interface ProjectStates {
  readonly open: readonly string[]
  readonly closed: readonly string[]
}

/** Where a ticket should go; `unknown` is a state that the settings name but the project does not have. */
export type Goal =
  /** A ticket in one of `orAnyOf` stays there. */
  | { readonly kind: 'state'; readonly name: string; readonly orAnyOf?: readonly string[] }
  | { readonly kind: 'stay'; readonly why: string }
  | { readonly kind: 'unknown'; readonly name: string; readonly has: readonly string[] }

type Change = Pick<StateEffect, 'state' | 'from'>

/** Whether a story's state may move its ticket in some project: from which state is known only when the effect is stored. */
export function mayMove({ state, from }: Change, chosen: Settings['states']): boolean {
  return moves({ state, from: from ?? 'accepted' }, chosen)
}

/** The ticket of a story that is not accepted any more is opened again, in whatever state the story is now. */
export function moves({ state, from }: Change, chosen: Settings['states']): boolean {
  const wish = wishFor(state, chosen)
  if (wish !== undefined) return wish !== ''
  return from === 'accepted' || ['started', 'finished', 'accepted', 'rejected'].includes(state)
}

/** The defaults are ours: Tracker's help promises to follow started, finished and accepted, but does not name Lighthouse's states. */
export function goalOf(change: Change, chosen: Settings['states'], project: ProjectStates): Goal {
  const { state } = change
  if (!moves(change, chosen))
    return { kind: 'stay', why: `states leaves the ticket of a story that is ${state} as it is` }
  const wish = wishFor(state, chosen)
  if (wish === undefined) return state === 'accepted' ? closedBy(project) : openedBy(project)
  const has = [...project.open, ...project.closed]
  const name = find(has, wish)
  return name === undefined ? { kind: 'unknown', name: wish, has } : { kind: 'state', name }
}

/** Undefined if the settings say nothing. A rejected story is back in work, a finished one still is. */
function wishFor(state: string, chosen: Settings['states']): string | undefined {
  const said = new Map(Object.entries(chosen)).get(state)
  return (said ?? (state === 'rejected' || state === 'finished' ? chosen.started : undefined))?.trim()
}

function openedBy({ open }: ProjectStates): Goal {
  const name = find(open, 'open') ?? open[open.findIndex((each) => each.toLowerCase() === 'new') + 1]
  return name === undefined
    ? { kind: 'stay', why: 'the project has no open state after "new"' }
    : { kind: 'state', name }
}

function closedBy({ closed }: ProjectStates): Goal {
  const name = find(closed, 'resolved') ?? closed[0]
  // A ticket that a person has closed in another way stays as it was closed.
  if (name !== undefined) return { kind: 'state', name, orAnyOf: closed }
  return { kind: 'stay', why: 'the project has no closed state' }
}

function find(names: readonly string[], wanted: string): string | undefined {
  return names.find((each) => each.toLowerCase() === wanted.toLowerCase())
}
