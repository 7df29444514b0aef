import { MARKER, NUMBER_DIGITS } from './bodies.ts'

export interface Expected {
  readonly first: number
  readonly count: number
  /** A number's story is its remainder by this. */
  readonly stories: number
  /** How many targets get each of them. */
  readonly targets: number
  /** After so many arrivals the run counts as warm. */
  readonly mark: number
  /** After so many it is over. */
  readonly enough: number
}

export type Reached = { readonly marked: number } | { readonly complete: number }

export interface Report {
  readonly arrived: number
  /** Those that had arrived at the same target before. */
  readonly duplicates: number
  /** Those that came after a later one of their story. */
  readonly misordered: number
  readonly unexpected: number
  /** When each arrived first, at the first target. 0: it did not. */
  readonly arrivedAt: Float64Array
}

export interface Tally {
  /** @returns what is reached by this one, with the time */
  note(number: number, target: number, at: number): Reached | null
  report(): Report
}

/** What arrived of what was expected: each once, and in the order of its story. */
export function createTally({ first, count, stories, targets, mark, enough }: Expected): Tally {
  const arrivals = Array.from({ length: targets }, () => new Float64Array(count))
  const latest = Array.from({ length: targets }, () => new Float64Array(stories))
  let arrived = 0
  let duplicates = 0
  let misordered = 0
  let unexpected = 0

  return {
    note(number, target, at) {
      const times = arrivals[target]
      const last = latest[target]
      const index = number - first
      if (times === undefined || last === undefined || !(index >= 0 && index < count)) {
        unexpected += 1
        return null
      }
      if (times[index] !== 0) {
        duplicates += 1
        return null
      }
      times[index] = at
      const story = number % stories
      if (number < (last[story] ?? 0)) misordered += 1
      else last[story] = number
      arrived += 1
      if (arrived === enough) return { complete: at }
      return arrived === mark ? { marked: at } : null
    },
    report: () => ({ arrived, duplicates, misordered, unexpected, arrivedAt: arrivals[0] ?? new Float64Array(0) }),
  }
}

/** The number in a body; NaN if there is none. */
export function markedNumber(body: Buffer | null): number {
  const at = body?.indexOf(MARKER) ?? -1
  if (body === null || at === -1) return Number.NaN
  return Number(body.toString('latin1', at + MARKER.length, at + MARKER.length + NUMBER_DIGITS))
}
