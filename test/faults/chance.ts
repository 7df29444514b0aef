import { createHash } from 'node:crypto'

/** Random numbers that can be had again: the same seed gives the same row. */
export interface Chance {
  readonly seed: string
  /** 0 <= x < below, a whole number. */
  below(below: number): number
}

/** From FAULT_SEED, or a new seed each time; the test prints it, so that a failure can be run again. */
export function chance(given: string | undefined = process.env.FAULT_SEED): Chance {
  const seed = given ?? String(Date.now())
  let drawn = 0
  return {
    seed,
    below(below) {
      drawn += 1
      return createHash('sha256').update(`${seed} ${drawn}`).digest().readUInt32BE() % below
    },
  }
}
