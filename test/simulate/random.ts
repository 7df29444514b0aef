/** Chance from a seed: the same seed gives the same sequence on every machine. */
export interface Random {
  /** 0 <= x < 1 */
  next(): number
  /** From `low` to `high`, both included. */
  whole(low: number, high: number): number
  chance(probability: number): boolean
  /** @throws if there is nothing to pick from */
  pick<T>(from: readonly T[]): T
}

/** @param name what it is for: each purpose has a sequence of its own, so that a change of one leaves the others alone */
export function randomOf(seed: number, name: string): Random {
  let state = hashOf(`${seed} ${name}`)

  /** https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (mulberry32, public domain) */
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  return {
    next,
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick<T>(from: readonly T[]): T {
      const picked = from[Math.floor(next() * from.length)]
      if (picked === undefined) throw new Error('there is nothing to pick from')
      return picked
    },
  }
}

/** FNV-1a */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return hash | 0
}
