import type { Finding } from '../../connectors/contract/connector.ts'
import type { ForeignState } from '../contract/source.ts'
import { type Meaning, meaningOf, type StateMap } from './states.ts'

/** Says what each state of the tool means here, team by team, and which settings name none of them. */
export function stateFindings(
  states: readonly ForeignState[],
  named: StateMap,
  categories: Readonly<Record<string, Meaning>>,
): Finding[] {
  const byTeam = new Map<string, ForeignState[]>()
  for (const state of states) byTeam.set(state.of ?? '', [...(byTeam.get(state.of ?? '') ?? []), state])
  const lists = [...byTeam].map(([team, its]): Finding => {
    const meant = its.map((state) => `${state.name} is ${wordOf(meaningOf(state, named, categories))}`)
    return { level: 'ok', setting: 'states', message: `${team === '' ? 'states' : team}: ${meant.join(', ')}` }
  })
  const known = new Set(states.flatMap(({ id, name }) => [id, name].map(plain)))
  const unknown = Object.keys(named).filter((name) => !known.has(plain(name)))
  return [
    ...lists,
    ...unknown.map(
      (name): Finding => ({ level: 'warning', setting: 'states', message: `no state is called "${name}"` }),
    ),
  ]
}

const wordOf = (meaning: Meaning): string => (meaning === 'announce' ? 'only announced' : meaning)

const plain = (text: string): string => text.trim().normalize('NFC').toLowerCase()
