import { Type } from 'typebox'
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

/** By id or name first, then by category; what neither names is announced, and never written. */
export function meaningOf(
  { id, name, category }: ForeignState,
  named: StateMap,
  categories: Readonly<Record<string, Meaning>>,
): Meaning {
  const wanted = [id, name].map(plain)
  const own = Object.entries(named).find(([key]) => wanted.includes(plain(key)))
  return own?.[1] ?? (category === null ? undefined : categories[category.toLowerCase()]) ?? 'announce'
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
