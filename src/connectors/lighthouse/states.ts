import type { Settings } from './settings.ts'

/** The states of a Lighthouse project, in its own order (its `open_states_list` and `closed_states_list`). */
export interface ProjectStates {
  readonly open: readonly string[]
  readonly closed: readonly string[]
}

/** Where a ticket should go: to a state (if it is not in one that does as well), nowhere, or to one that the settings name but the project does not have. */
export type Target =
  | { readonly kind: 'state'; readonly name: string; readonly orAnyOf?: readonly string[] }
  | { readonly kind: 'stay'; readonly why: string }
  | { readonly kind: 'unknown'; readonly name: string; readonly has: readonly string[] }

export type StoryState = keyof Settings['states']

export const storyStates: readonly StoryState[] = [
  'unscheduled',
  'planned',
  'unstarted',
  'started',
  'finished',
  'delivered',
  'accepted',
  'rejected',
]

/** True for a state of a story that moves its ticket in some project. */
export function moves(state: string, chosen: Settings['states']): boolean {
  const wish = wishFor(state, chosen)
  return wish === undefined ? ['started', 'finished', 'accepted', 'rejected'].includes(state) : wish !== ''
}

/** Tracker's help promises that started, finished and accepted are followed, but names no states of Lighthouse. */
export function targetOf(state: string, chosen: Settings['states'], project: ProjectStates): Target {
  if (!moves(state, chosen))
    return { kind: 'stay', why: `states leaves the ticket of a story that is ${state} as it is` }
  const wish = wishFor(state, chosen)
  if (wish === undefined) return state === 'accepted' ? closedBy(project) : openedBy(project)
  const has = [...project.open, ...project.closed]
  const name = find(has, wish)
  return name === undefined ? { kind: 'unknown', name: wish, has } : { kind: 'state', name }
}

/** The setting's text, trimmed; undefined where the settings say nothing. A rejected story is back in work, a finished one still is. */
function wishFor(state: string, chosen: Settings['states']): string | undefined {
  const known = storyStates.find((each) => each === state)
  if (known === undefined) return undefined
  const said = chosen[known] ?? (known === 'rejected' || known === 'finished' ? chosen.started : undefined)
  return said?.trim()
}

function openedBy({ open }: ProjectStates): Target {
  const name = find(open, 'open') ?? open[open.findIndex((each) => each.toLowerCase() === 'new') + 1]
  return name === undefined
    ? { kind: 'stay', why: 'the project has no open state after "new"' }
    : { kind: 'state', name }
}

function closedBy({ closed }: ProjectStates): Target {
  const name = find(closed, 'resolved') ?? closed[0]
  // A ticket that a person has closed in another way stays as it was closed.
  return name === undefined
    ? { kind: 'stay', why: 'the project has no closed state' }
    : { kind: 'state', name, orAnyOf: closed }
}

function find(names: readonly string[], wanted: string): string | undefined {
  return names.find((each) => each.toLowerCase() === wanted.toLowerCase())
}
