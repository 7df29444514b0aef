import type { ForeignState } from '../contract/source.ts'
import { MEANINGS, type Meaning, meaningOf, type StateMap } from './states.ts'

/**
 * The state of an issue in a tool that knows only open and closed, where labels tell the rest: while it is open, that of
 * the label that the setting `states` names, the furthest of several.
 * @param closed set if the issue is closed: as what
 */
export function stateByLabels(
  closed: ForeignState | null,
  labels: readonly string[],
  named: StateMap,
  open: ForeignState,
): ForeignState {
  if (closed !== null) return closed
  const states = labels
    .map((name): ForeignState => ({ id: name, name, category: null }))
    .filter((state) => isNamed(state, named))
  const rank = (state: ForeignState): number => MEANINGS.indexOf(meaningOf(state, named, {}) satisfies Meaning)
  return (
    states.reduce<ForeignState | null>(
      (best, each) => (best === null || rank(each) > rank(best) ? each : best),
      null,
    ) ?? open
  )
}

function isNamed({ name }: ForeignState, named: StateMap): boolean {
  return Object.keys(named).some((each) => plain(each) === plain(name))
}

const plain = (text: string): string => text.trim().normalize('NFC').toLowerCase()

/** An issue has no type in Tracker's sense: what says one is its type in the tool, else the first label that does. */
export function storyTypeOf(type: string | null, labels: readonly string[]): string | null {
  const names = [...(type === null ? [] : [type]), ...labels].map((name) => plain(name.split(/[:/]\s*/).at(-1) ?? name))
  const found = names.find((name) => Object.hasOwn(TYPES, name))
  return found === undefined ? null : (TYPES[found] ?? null)
}

const TYPES: Readonly<Record<string, string>> = {
  bug: 'bug',
  defect: 'bug',
  incident: 'bug',
  feature: 'feature',
  enhancement: 'feature',
  chore: 'chore',
  task: 'chore',
  release: 'release',
}
