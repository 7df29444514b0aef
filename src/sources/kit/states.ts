import { Type } from 'typebox'
import { named } from '../../tracker/named.ts'
import type { ForeignState } from '../contract/source.ts'

export const TRACKER_STATES = [
  'unscheduled',
  'planned',
  'unstarted',
  'started',
  'finished',
  'delivered',
  'accepted',
  'rejected',
] as const
export type TrackerState = (typeof TRACKER_STATES)[number]

/** What a state of the tool means here; the last three are announced, and change no ticket. */
export const MEANINGS = [...TRACKER_STATES, 'cancelled', 'duplicate', 'announce'] as const
export type Meaning = (typeof MEANINGS)[number]

export type StateMap = Readonly<Record<string, Meaning>>

/**
 * The setting `states`.
 * @param categories how the tool's own categories are taken, for the description
 * @param what is named
 */
export const statesSetting = (
  categories: Readonly<Record<string, Meaning>>,
  what = 'states of your workflow mean, by name or id',
) =>
  Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Type.Enum([...MEANINGS]), {
    description: `What ${what}; case does not matter. cancelled, duplicate and announce are told to people and change no ticket. A state that is not named here is taken by its category: ${Object.entries(
      categories,
    )
      .map(([category, meaning]) => `${category} is ${meaning}`)
      .join(', ')}. Any other is announced.`,
    default: {},
    maxProperties: 500,
    examples: [{ 'In Review': 'finished', 'Ready to accept': 'delivered' }],
  })

/**
 * By id first, since names repeat between teams, then by name, then by category; what none of them tells is announced, and
 * never written.
 */
export function meaningOf(
  { id, name, category }: ForeignState,
  states: StateMap,
  categories: Readonly<Record<string, Meaning>>,
): Meaning {
  const entries = Object.entries(states)
  const called = (wanted: string): Meaning | undefined => entries.find(([key]) => plain(key) === plain(wanted))?.[1]
  const byCategory = category === null ? undefined : named(categories, category.toLowerCase())
  return called(id) ?? called(name) ?? byCategory ?? 'announce'
}

const plain = (text: string): string => text.trim().normalize('NFC').toLowerCase()

/** Null if the story gets no state of Tracker: then `deedOf` says what happened. */
export function trackerState(meaning: Meaning): TrackerState | null {
  return TRACKER_STATES.find((state) => state === meaning) ?? null
}

/** A verb that stands before the story's name. */
export function deedOf(meaning: Meaning, { name }: Pick<ForeignState, 'name'>): string {
  if (meaning === 'cancelled') return 'cancelled'
  return meaning === 'duplicate' ? 'closed as a duplicate' : `set the state "${name}" of`
}
